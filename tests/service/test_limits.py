import contextvars
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placewise.service.guard import limits
from placewise.service.guard.credentials import issue
from placewise.service.guard.limits import Limiter, check_guess, counted_under
from placewise.service.guard.refusals import Exhausted


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def admitted(limiter, peer):
    try:
        # As in a call of its own: what it notes for the call must not be there in the next test's server.
        contextvars.copy_context().run(limiter.admit, peer)
    except Exhausted:
        return False
    return True


@pytest.mark.parametrize(
    ("peer", "address"),
    [
        ("ipv4:10.1.2.3:40210", "10.1.2.3"),
        ("ipv6:%5B2001:db8:1:2:3:4:5:6%5D:40210", "2001:db8:1:2::/64"),
        ("ipv6:[2001:db8:1:2::9]:1", "2001:db8:1:2::/64"),
        ("ipv6:%5B::ffff:10.1.2.3%5D:40210", "10.1.2.3"),
        ("ipv6:%5Bfe80::1%25eth0%5D:40210", "fe80::/64"),
        ("unix:/run/placewise", "unix:/run/placewise"),
        ("", ""),
        ("ipv6:nonsense", "ipv6:nonsense"),
    ],
)
def test_a_peer_is_counted_under_its_address_without_its_port(peer, address):
    assert counted_under(peer) == address


@given(st.ip_addresses(v=6), st.integers(1, 65535))
def test_every_port_of_an_address_is_one_peer(address, port):
    assert counted_under(f"ipv6:{quote(f'[{address}]')}:{port}") == counted_under(f"ipv6:[{address}]:1")


@given(st.lists(st.tuples(st.sampled_from("ab"), st.floats(0, 0.4)), max_size=60), st.integers(1, 5))
def test_no_peer_is_admitted_more_often_than_it_may_in_a_second(calls, most):
    clock = Clock()
    limiter = Limiter(most, 60, clock=clock)
    began = {}
    for peer, pause in calls:
        clock.now += pause
        if admitted(limiter, f"ipv4:{peer}:1"):
            began.setdefault(peer, []).append(clock.now)
    for times in began.values():
        # Windows of a second: never more than two of them reach into any second.
        assert all(sum(at <= other < at + 1 for other in times) <= 2 * most for at in times)


def test_one_peers_calls_do_not_count_against_another():
    limiter = Limiter(1, 60, clock=Clock())
    assert admitted(limiter, "ipv4:10.0.0.1:1")
    assert not admitted(limiter, "ipv4:10.0.0.1:2")
    assert admitted(limiter, "ipv4:10.0.0.2:1")


def guessing(limiter, peer, given):
    """Whether what a peer shows in a call of its own is compared."""

    def call():
        limiter.admit(peer)
        try:
            check_guess(given)
        except Exhausted:
            return False
        return True

    return contextvars.copy_context().run(call)


def test_after_too_many_refused_credentials_nothing_is_guessed_for_the_rest_of_the_minute():
    clock = Clock()
    limiter = Limiter(0, 3, clock=clock)
    assert limiter.idle
    for _ in range(3):
        assert guessing(limiter, "ipv4:10.0.0.1:1", "short")
        assert not limiter.refused("ipv4:10.0.0.1:7")
    assert not limiter.idle
    assert not guessing(limiter, "ipv4:10.0.0.1:1", "short")
    assert not guessing(limiter, "ipv4:10.0.0.1:1", "x" * (limits.UNGUESSABLE - 1))
    assert guessing(limiter, "ipv4:10.0.0.2:1", "short")
    clock.now = 59.9
    assert "try again in 1 s" in limiter.refused("ipv4:10.0.0.1:1")
    clock.now = 60.0
    assert guessing(limiter, "ipv4:10.0.0.1:1", "short")
    assert limiter.idle


def test_a_secret_that_nobody_guesses_is_compared_whoever_else_is_at_the_address():
    limiter = Limiter(0, 1, clock=Clock())
    limiter.refused("ipv4:10.0.0.1:1")
    assert guessing(limiter, "ipv4:10.0.0.1:1", issue().secret)
    assert guessing(limiter, "ipv4:10.0.0.1:1", issue().token)
    assert admitted(limiter, "ipv4:10.0.0.1:1")


def test_no_limit_admits_all():
    limiter = Limiter(0, 1, clock=Clock())
    assert all(admitted(limiter, "ipv4:10.0.0.1:1") for _ in range(10_000))


def test_many_peers_take_bounded_memory(monkeypatch):
    monkeypatch.setattr(limits, "MOST_PEERS", 100)
    limiter = Limiter(1, 1, clock=Clock())
    for number in range(1000):
        peer = f"ipv4:10.0.{number // 250}.{number % 250}:1"
        assert admitted(limiter, peer)
        limiter.refused(peer)
        assert not admitted(limiter, peer)
    assert len(limiter._calls.counts) == len(limiter._refused.counts) == 100


def test_past_the_bound_the_address_first_seen_is_forgotten(monkeypatch):
    monkeypatch.setattr(limits, "MOST_PEERS", 2)
    limiter = Limiter(1, 60, clock=Clock())
    for first_seen in ("a", "b", "c"):
        assert admitted(limiter, first_seen)
    assert not admitted(limiter, "b")
    assert not admitted(limiter, "c")
    assert admitted(limiter, "a")  # forgotten for c; now it is b's turn
    assert not admitted(limiter, "c")
    assert admitted(limiter, "b")


def test_after_an_idle_hour_a_window_is_as_long_as_ever():
    now = [0.0]
    limiter = Limiter(0, 3, clock=lambda: now[0])
    now[0] = 3600.0
    for step in range(3):
        now[0] = 3600.0 + 10 * step
        assert not limiter.refused("ipv4:10.0.0.1:1")
    assert limiter.refused("ipv4:10.0.0.1:1")
