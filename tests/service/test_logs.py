import io
import json
import logging

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from placewise.service.observing import logs
from placewise.service.observing.logs import MASK, configure, mask_secrets

SECRET = "d0-not-show"


@pytest.fixture(autouse=True)
def _log_state():
    """Logging as it was, afterwards."""
    root, before = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.contextvars.clear_contextvars()
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**before)


@pytest.fixture
def stream():
    return io.StringIO()


def lines(stream):
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_json_with_a_utc_time_and_the_request_id(stream):
    configure("info", "json", stream=stream)
    structlog.contextvars.bind_contextvars(request_id="r1")
    structlog.get_logger().info("cluster registered", cluster="a\nb", nodes=3)
    (line,) = lines(stream)
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "cluster registered", "level": "info", "request_id": "r1", "cluster": "a\nb", "nodes": 3}


def test_what_libraries_log_has_the_same_form(stream):
    configure("info", "json", stream=stream)
    structlog.contextvars.bind_contextvars(request_id="r1")
    try:
        int("oh")
    except ValueError:
        logging.getLogger("some.library").exception("failed at %s", "postgresql://me:d0-not-show@host/db")
    logging.getLogger("some.library").debug("too much")
    logging.getLogger("sqlalchemy.engine").info("SELECT secrets")
    (line,) = lines(stream)
    assert (line["logger"], line["level"], line["request_id"]) == ("some.library", "error", "r1")
    assert line["event"] == f"failed at postgresql://me:{MASK}@host/db"
    assert "ValueError" in line["exception"]


@pytest.mark.parametrize("level", ["debug", "info", "warning", "error"])
def test_only_what_is_as_severe_as_the_level_is_logged(level, stream):
    configure(level, "json", stream=stream)
    levels = ["debug", "info", "warning", "error"]
    for one in levels:
        getattr(structlog.get_logger(), one)("x")
        getattr(logging.getLogger("library"), one)("x")
    expected = levels[levels.index(level) :]
    assert [line["level"] for line in lines(stream)] == [one for one in expected for _ in range(2)]


@pytest.mark.parametrize("format_", ["json", "console"])
@pytest.mark.parametrize(
    "values",
    [
        {"secret": SECRET},
        {"registration_secret": SECRET},
        {"Token": SECRET},
        {"tokens": [SECRET, SECRET]},
        {"password": SECRET.encode()},
        {"request": {"cluster": {"secret": SECRET}}},
        {"metadata": (("authorization", f"Bearer {SECRET}"), ("user-agent", "x"))},
        {"metadata": [("x-token", SECRET)]},
        {"many": [{"global_token": SECRET}]},
        {"url": f"postgresql://user:{SECRET}@host/db"},
        {"url": [f"at postgresql+psycopg://:{SECRET}@host"]},
    ],
)
def test_no_secret_is_logged(values, format_, stream):
    configure("debug", format_, stream=stream)
    structlog.get_logger().info("x", **values)
    logging.getLogger("library").info("x", extra=values)
    assert stream.getvalue()
    assert SECRET not in stream.getvalue()
    assert MASK in stream.getvalue()


@pytest.mark.parametrize("format_", ["json", "console"])
def test_a_traceback_does_not_show_local_variables(format_, stream):
    configure("debug", format_, stream=stream)

    def fail():
        secret = SECRET + ""
        raise ValueError(len(secret))

    try:
        fail()
    except ValueError:
        structlog.get_logger().exception("x")
        logging.getLogger("library").exception("x")
    assert stream.getvalue().count("ValueError: 11") == 2
    assert SECRET not in stream.getvalue()


def test_what_is_no_secret_stays_as_it_is():
    event = {
        "event": "x",
        "cluster": "a",
        "nodes": 3,
        "ratio": 0.5,
        "none": None,
        "url": "http://host:80/a@b",
        "ok": True,
    }
    assert mask_secrets(None, "info", dict(event)) == event


@given(
    st.recursive(
        st.just(SECRET),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=2),
        max_leaves=20,
    )
)
def test_whatever_stands_under_a_secrets_key_is_masked(value):
    assert mask_secrets(None, "info", {"a": [{"client_secret": value}]}) == {"a": [{"client_secret": MASK}]}


def test_nothing_endless_is_walked_through():
    loop = []
    loop.append(loop)
    assert "..." in str(mask_secrets(None, "info", {"a": loop}))


def test_a_name_cannot_begin_a_line_or_steer_a_terminal(stream):
    configure("info", "console", stream=stream)
    structlog.get_logger().info("registered\x1b[2J", cluster="a\n2026-01-01 [error] forged")
    logging.getLogger("library").info("b\nforged %s", "\x07")
    assert len(stream.getvalue().splitlines()) == 2
    assert "\x1b" not in stream.getvalue()
    assert "\x07" not in stream.getvalue()


def test_people_at_a_terminal_get_lines_and_machines_get_json(stream):
    configure("info", "auto", stream=stream)
    structlog.get_logger().info("x")
    assert lines(stream)
    terminal = io.StringIO()
    terminal.isatty = lambda: True
    configure("info", "auto", stream=terminal)
    structlog.get_logger().info("x")
    assert not terminal.getvalue().startswith("{")


def test_a_clock_beyond_the_calendar_is_logged_as_its_end(monkeypatch):
    def beyond(*_):
        raise ValueError("year 10026 is out of range")

    monkeypatch.setattr(logs, "_add_time", beyond)
    assert logs.add_time(None, "info", {"event": "x"}) == {"event": "x", "timestamp": "9999-12-31T23:59:59Z"}
