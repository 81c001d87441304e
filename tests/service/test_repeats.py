"""One fault writes a bounded number of lines a minute, and how many were left out is said."""

import io
import json
import logging

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from placewise.service.observing import logs, repeats
from placewise.service.observing.repeats import LINES_A_MINUTE, Repeats


@pytest.fixture
def lines():
    root, before = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    logs.configure("info", "json", stream=stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**before)


def test_one_fault_of_ours_or_of_a_library_writes_so_many_lines(lines):
    for number in range(1000):
        structlog.get_logger().warning("cannot accept connections", error="EMFILE")
        logging.getLogger("asyncio").error("socket.accept() out of system resource\nsocket: <%s>", number)
        said = f"of {number} sockets"
        logging.getLogger("asyncio").error(said)
    assert len(lines()) == 3 * LINES_A_MINUTE


def test_another_fault_is_written_beside_it(lines):
    for _ in range(1000):
        structlog.get_logger().warning("one")
    structlog.get_logger().warning("another")
    structlog.get_logger().info("call", code="NOT_FOUND")
    assert len(lines()) == LINES_A_MINUTE + 2


@given(st.lists(st.tuples(st.sampled_from(["a", "b", "c"]), st.floats(0, 20)), max_size=200), st.integers(1, 5))
def test_each_line_is_written_or_counted_as_left_out(said, most):
    now = [0.0]
    bounded, written, counted = Repeats(most, clock=lambda: now[0]), 0, 0
    for text, pause in said:
        now[0] += pause
        try:
            counted += bounded(None, "error", {"event": text}).get("left_out", 0)
            written += 1
        except structlog.DropEvent:
            pass
    now[0] += 1000
    counted += sum(one["left_out"] for one in bounded.overdue())
    assert written + counted == len(said)
    assert not bounded.overdue()


def test_many_faults_take_bounded_memory(monkeypatch):
    monkeypatch.setattr(repeats, "MOST_FAULTS", 10)
    now = [0.0]
    bounded, written = Repeats(2, clock=lambda: now[0]), 0
    for minute in range(20):
        now[0] = 61.0 * minute
        for number in range(1000):
            try:
                bounded(None, "error", {"event": "x" * number})
                written += 1
            except structlog.DropEvent:
                pass
    assert written <= 20 * 2 * 11
    assert len(bounded._counts) <= 11
    assert len(bounded._left_out) <= 11
