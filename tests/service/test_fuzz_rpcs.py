"""Whatever is sent to whatever method, the server answers it, and goes on."""

import grpc
import pytest
from fuzzing import ANSWER_S, BOUNDS, METHODS, call, failed, known, request
from hypothesis import given, settings
from hypothesis import strategies as st
from server_process import server_process
from talking import talking


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with server_process(tmp_path_factory.mktemp("fuzzed"), **BOUNDS) as running:
        yield running
        assert running.alive
        assert running.stop() == 0
        assert "Traceback" not in running.logged()


@pytest.fixture(scope="module")
def right(server):
    with talking(server) as talk:
        return known(talk, "gray")


@pytest.fixture(scope="module")
def channel(server):
    with grpc.insecure_channel(server.target, [("grpc.max_receive_message_length", -1)]) as opened:
        yield opened


def test_every_method_of_the_services_is_there():
    assert {one.path.split("/")[1].split(".")[-1] for one in METHODS} == {
        "RainbowScheduler",
        "MemoryGraph",
        "Scheduler",
    }
    assert len(METHODS) == 28


@given(method=st.sampled_from(METHODS), data=st.data())
@settings(max_examples=settings.default.max_examples * 2)
def test_every_request_is_answered(server, right, channel, method, data):
    sent = data.draw(
        st.one_of(st.binary(max_size=200), st.randoms().map(lambda random: request(random, method, right)))
    )
    code, took = call(channel, method, sent)
    assert not failed(method, code), code
    assert took < ANSWER_S
    assert server.alive
