"""Many jobs in one stream: each answered in its order, those of a message together, none lost and none made twice."""

import asyncio
import contextlib
import json
import threading
import time
import urllib.request

import grpc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from one_loop import run
from running import free_port, running_server
from server_process import server_process
from talking import jobspec, subsystem, talking

from placewise.errors import InputError
from placewise.service.client import AsyncClient, Client, Credentials, JobState, NotSubmitted, ServiceError
from placewise.service.wire import placewise_pb2 as v1
from placewise.service.wire.placewise_pb2_grpc import SchedulerStub

DEADLINE_S = 20
FITS = jobspec()
NOWHERE = jobspec(nodes=99)
NONE = '{"version": 1}'
BAD = "{"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running_server(tmp_path_factory.mktemp("many") / "p.db") as running, talking(running) as talk:
        talk.register("gray", subsystems={"mpi": subsystem({"version": "1"})})
        yield running


@pytest.fixture(scope="module")
def everything(server):
    return Credentials(global_token=server.global_token)


def new_jobs(texts, first=0, tag="r"):
    return [v1.SubmitManyRequest.NewJob(jobspec=one, request_id=f"{tag}{first + n}") for n, one in enumerate(texts)]


def kept_jobs(target, everything):
    with Client(target) as client:
        return {job.id: job for job in client.list_jobs(everything, page=1000)}


@settings(max_examples=15, deadline=None)
@given(st.lists(st.lists(st.sampled_from([FITS, NOWHERE, NONE, BAD]), max_size=6), min_size=1, max_size=5))
def test_each_is_answered_in_its_order_as_it_would_be_alone(server, batches):
    credentials = v1.Credentials(global_token=server.global_token)
    with grpc.insecure_channel(server.target) as channel:
        stub = SchedulerStub(channel)
        requests = [v1.SubmitManyRequest(jobs=[v1.SubmitManyRequest.NewJob(jobspec=one) for one in b]) for b in batches]
        requests[0].credentials.CopyFrom(credentials)
        responses = list(stub.SubmitMany(iter(requests), timeout=DEADLINE_S))
        assert [len(one.answers) for one in responses] == list(map(len, batches))
        for batch, response in zip(batches, responses, strict=True):
            assert len({one.job_id for one in response.answers if one.job_id}) == sum(
                t in (FITS, NOWHERE) for t in batch
            )
            for text, answer in zip(batch, response.answers, strict=True):
                try:
                    alone = stub.Submit(v1.SubmitRequest(jobspec=text, credentials=credentials, no_explanation=True))
                except grpc.RpcError as error:
                    assert (answer.job_id, answer.code, answer.reason) == (0, error.code().value[0], error.details())
                else:
                    fields = ("cluster", "state", "matching_clusters", "total_clusters", "reason")
                    assert [getattr(answer, one) for one in fields] == [getattr(alone, one) for one in fields]
                    assert answer.code == 0
                    assert answer.job_id


def test_one_message_is_one_transaction(tmp_path):
    with running_server(tmp_path / "p.db") as server, talking(server) as talk:
        talk.register("gray")
        before = committed(server)
        request = v1.SubmitManyRequest(credentials=talk.everything, jobs=new_jobs([FITS] * 200))
        (answer,) = talk.v1.SubmitMany(iter([request]), timeout=DEADLINE_S)
        # The looks for leases and agents that come by themselves commit too, twice a second.
        assert committed(server) - before < 20
        assert len({one.job_id for one in answer.answers}) == 200


def committed(server):
    with urllib.request.urlopen(f"http://{server.http}/metrics") as answer:
        lines = answer.read().decode().splitlines()
    return next(float(one.split()[1]) for one in lines if one.startswith("placewise_commit_batch_count"))


def test_a_stream_waits_for_its_next_message_and_does_not_wait_for_it_to_answer(server):
    credentials = v1.Credentials(global_token=server.global_token)

    async def talk():
        async with grpc.aio.insecure_channel(server.target) as channel:
            stream = SchedulerStub(channel).SubmitMany(timeout=DEADLINE_S)
            for number in range(3):
                await stream.write(v1.SubmitManyRequest(credentials=credentials, jobs=new_jobs([FITS], number, "turn")))
                assert len((await stream.read()).answers) == 1
            await stream.done_writing()
            assert await stream.read() is grpc.aio.EOF

    run(talk())


@pytest.mark.parametrize(
    ("requests", "code"),
    [
        ([v1.SubmitManyRequest(jobs=new_jobs([FITS]))], grpc.StatusCode.UNAUTHENTICATED),
        ([v1.SubmitManyRequest(credentials=v1.Credentials(global_token="no"))], grpc.StatusCode.UNAUTHENTICATED),
        ([v1.SubmitManyRequest(jobs=new_jobs([FITS] * 1001))], grpc.StatusCode.RESOURCE_EXHAUSTED),
        ([v1.SubmitManyRequest(unknown=9)], grpc.StatusCode.INVALID_ARGUMENT),
    ],
)
def test_what_is_wrong_with_a_whole_message_ends_the_stream(server, requests, code):
    with grpc.insecure_channel(server.target) as channel:
        if code is not grpc.StatusCode.UNAUTHENTICATED:
            requests[0].credentials.global_token = server.global_token
        with pytest.raises(grpc.RpcError) as refused:
            list(SchedulerStub(channel).SubmitMany(iter(requests), timeout=DEADLINE_S))
        assert refused.value.code() is code


def test_bytes_that_are_no_message_end_the_stream_as_those_of_a_call_do(server):
    with grpc.insecure_channel(server.target) as channel:
        call = channel.stream_stream("/placewise.v1.Scheduler/SubmitMany")
        with pytest.raises(grpc.RpcError) as refused:
            list(call(iter([b"\xff\xff\xff"]), timeout=DEADLINE_S))
        assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


def test_full_queues_and_options_of_selection_count_as_for_one(tmp_path):
    with running_server(tmp_path / "p.db", most_queued=3) as server, talking(server) as talk:
        talk.register("gray", state='{"price": 2}')
        talk.register("red", state='{"price": 1}')
        options = {
            "priorities": json.dumps([{"priority": 1, "steps": [{"sort_ascending": "price"}, {"select": "first"}]}])
        }
        with Client(server.target) as client:
            everything = Credentials(global_token=server.global_token)
            answers = list(
                client.submit_many([FITS] * 8, everything, select_algorithm="constraint", select_options=options)
            )
    assert [one.cluster for one in answers[:6]] == ["red"] * 3 + ["gray"] * 3
    assert [one.code for one in answers[6:]] == [grpc.StatusCode.RESOURCE_EXHAUSTED] * 2


def test_clients_submit_any_number_in_order_and_a_repeated_submission_makes_no_job_twice(server, everything):
    texts = [jobspec(name=f"job{number}") for number in range(600)]
    texts[7], texts[300] = NOWHERE, NONE
    with Client(server.target) as client:
        answers = list(client.submit_many(iter(texts), everything, request_id="sweep"))
        assert isinstance(answers[300], NotSubmitted)
        assert answers[300].code is grpc.StatusCode.INVALID_ARGUMENT
        assert answers[7].state is JobState.REFUSED
        assert "fits on no cluster" in answers[7].reason
        for number in (0, 249, 250, 599):
            assert client.get_job(answers[number].job_id, everything).name == f"job{number}"

        async def again():
            async with AsyncClient(server.target) as other:
                return [one async for one in other.submit_many(iter(texts), everything, request_id="sweep")]

        repeated = run(again())
        ids = [getattr(one, "job_id", None) for one in answers]
        assert [getattr(one, "job_id", None) for one in repeated] == ids
        assert len(set(ids)) == 600
        with pytest.raises(InputError):
            next(client.submit_many(["[", FITS], everything))
        with pytest.raises(ServiceError) as refused:
            next(client.submit_many([FITS], Credentials(global_token="no")))
        assert refused.value.code is grpc.StatusCode.UNAUTHENTICATED
        assert list(client.submit_many([], everything)) == []


def test_a_client_asks_for_no_more_than_is_under_way(server, everything):
    asked = 0

    def endless():
        nonlocal asked
        while True:
            asked += 1
            yield FITS

    with Client(server.target) as client, contextlib.closing(client.submit_many(endless(), everything)) as answers:
        next(answers)
    assert asked <= 1000


def test_nothing_acknowledged_is_lost_and_nothing_is_made_twice_where_the_server_is_killed(tmp_path):
    port = free_port()
    with server_process(tmp_path, listen=f"127.0.0.1:{port}", http="none") as server, talking(server) as talk:
        talk.register("gray")
        everything = Credentials(global_token=server.global_token)
        texts = [jobspec(name=f"job{number}") for number in range(1000)]
        answers = []
        killed = threading.Event()

        def killer():
            server.kill()
            server.start()
            killed.set()

        with Client(server.target) as client:
            for answer in client.submit_many(texts, everything):
                answers.append(answer)
                if len(answers) == 250:
                    threading.Thread(target=killer).start()
                    time.sleep(0.3)
        assert killed.wait(DEADLINE_S)
        jobs = kept_jobs(server.target, everything)
        assert [jobs[one.job_id].name for one in answers] == [f"job{number}" for number in range(1000)]
        assert len(jobs) == 1000


def test_a_stopping_server_ends_streams_that_wait(tmp_path):
    # It would wait that long for calls that do not end.
    with server_process(tmp_path, stop_s=600) as server, talking(server) as talk:
        talk.register("gray")

        async def wait():
            async with grpc.aio.insecure_channel(server.target) as channel:
                stream = SchedulerStub(channel).SubmitMany(timeout=DEADLINE_S)
                await stream.write(v1.SubmitManyRequest(credentials=talk.everything, jobs=new_jobs([FITS])))
                assert (await stream.read()).answers[0].job_id
                stopping = asyncio.create_task(asyncio.to_thread(server.stop))
                with pytest.raises(grpc.RpcError) as ended:
                    await stream.read()
                assert ended.value.code() is grpc.StatusCode.UNAVAILABLE
                assert await stopping == 0

        run(wait())
