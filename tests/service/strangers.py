"""What strangers can open and leave open: raw connections of HTTP and HTTP/2 that hold back what should come next.

Run as a program it is one stranger: `python strangers.py NAME HOST:PORT SECONDS` does one of ATTACKS for so long. Each
opens again what the server closes, so that what is measured is a stranger who does not give up.
"""

import contextlib
import os
import selectors
import socket
import sys
import time
from collections.abc import Callable

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
MATCH = "/placewise.v1.Scheduler/Match"
_DATA, _HEADERS, _PRIORITY, _RST, _SETTINGS, _PING, _GOAWAY, _WINDOW, _CONTINUATION = 0, 1, 2, 3, 4, 6, 7, 8, 9
_END_STREAM, _END_HEADERS = 1, 4


def frame(kind, flags, stream, payload=b""):
    """Return a frame of HTTP/2 (RFC 9113, section 4.1)."""
    return len(payload).to_bytes(3) + bytes([kind, flags]) + stream.to_bytes(4) + payload


def literal(name, value):
    """Return a field of HPACK that is written out and not indexed (RFC 7541, section 6.2.2)."""
    parts = (name.encode(), value.encode())
    return b"\x00" + b"".join(_length(len(part)) + part for part in parts)


def _length(number):
    if number < 127:
        return bytes([number])
    number, out = number - 127, bytearray([127])
    while number >= 128:
        out.append(number % 128 + 128)
        number //= 128
    return bytes([*out, number])


def headers(path=MATCH, **more):
    """Return the fields of a gRPC request."""
    fields = {":method": "POST", ":scheme": "http", ":path": path, ":authority": "localhost"}
    fields |= {"te": "trailers", "content-type": "application/grpc", **more}
    return b"".join(literal(name, value) for name, value in fields.items())


def opening():
    """Return what a client of HTTP/2 says first."""
    return PREFACE + frame(_SETTINGS, 0, 0)


def request(stream, body=b"", path=MATCH, *, end=True):
    """Return a call with its message, whole if `end`."""
    message = b"\x00" + len(body).to_bytes(4) + body
    return frame(_HEADERS, _END_HEADERS, stream, headers(path)) + frame(_DATA, end, stream, message)


def address_of(target):
    host, _, port = target.rpartition(":")
    return host.strip("[]"), int(port)


class Held:
    """Many connections that say something first, now and then something more, and are opened anew when closed."""

    def __init__(
        self, target, count, first: Callable[[int], bytes], more: Callable[[int], bytes] | None = None, every_s=1.0
    ):
        self.address, self.count, self.first, self.more, self.every_s = address_of(target), count, first, more, every_s
        self.open, self.opened, self.closed = {}, 0, 0
        self._selector = selectors.DefaultSelector()

    def run(self, seconds):
        until, next_more = time.monotonic() + seconds, time.monotonic() + self.every_s
        while time.monotonic() < until:
            for _ in range(min(100, self.count - len(self.open))):
                self._one()
            for key, _ in self._selector.select(0.05):
                self._read(key.fileobj)
            if self.more is not None and time.monotonic() >= next_more:
                next_more = time.monotonic() + self.every_s
                for sock, number in list(self.open.items()):
                    self._send(sock, self.more(number))
        return self

    def _one(self):
        try:
            sock = socket.create_connection(self.address, timeout=1)
        except OSError:
            return
        sock.setblocking(False)
        self._selector.register(sock, selectors.EVENT_READ)
        self.open[sock] = self.opened
        self.opened += 1
        self._send(sock, self.first(self.opened))

    def _send(self, sock, what):
        try:
            if what:
                sock.send(what)
        except BlockingIOError:
            pass
        except OSError:
            self._drop(sock)

    def _read(self, sock):
        try:
            if sock.recv(65536):
                return
        except BlockingIOError:
            return
        except OSError:
            pass
        self._drop(sock)

    def _drop(self, sock):
        if self.open.pop(sock, None) is not None:
            self.closed += 1
            self._selector.unregister(sock)
        sock.close()

    def close(self):
        for sock in list(self.open):
            self._drop(sock)


def flood(target, seconds, first, again):
    """Send `again(number)` on one connection as fast as it is taken, opening it anew where it is closed."""
    until, number, opened = time.monotonic() + seconds, 1, 0
    while time.monotonic() < until:
        try:
            with socket.create_connection(address_of(target), timeout=2) as sock:
                opened += 1
                sock.sendall(first)
                sock.settimeout(0.5)
                number = 1
                while time.monotonic() < until:
                    sock.sendall(b"".join(again(number + 2 * one) for one in range(50)))
                    number += 100
                    with contextlib.suppress(BlockingIOError, TimeoutError):
                        sock.setblocking(False)
                        if not sock.recv(1 << 20):
                            break
                    sock.settimeout(0.5)
        except OSError:
            time.sleep(0.01)
    return opened


def _big_calls(target, seconds, count=300, size=4_000_000):
    """Make so many calls at once of 4 MB each, again and again."""
    import grpc  # noqa: PLC0415

    body = placewise_match(b"x" * size)
    channels = [grpc.insecure_channel(target, [("grpc.use_local_subchannel_pool", 1)]) for _ in range(4)]
    until, codes = time.monotonic() + seconds, {}
    while time.monotonic() < until:
        calls = [channels[one % 4].unary_unary(MATCH).future(body, timeout=30) for one in range(count)]
        for call in calls:
            name = call.code().name if call.exception() else "OK"
            codes[name] = codes.get(name, 0) + 1
    return codes


def placewise_match(jobspec):
    """Return the bytes of a MatchRequest with a jobspec."""
    from placewise.service.wire import placewise_pb2 as v1  # noqa: PLC0415

    return v1.MatchRequest(jobspec=jobspec.decode()).SerializeToString()


def _streams(target, seconds, path, body, count=3000):
    """Open many streams on many connections and leave them open."""
    each = 100
    held = Held(target, count // each, lambda _: opening() + b"".join(
        request(2 * one + 1, body, path) for one in range(each)))  # fmt: skip
    return held.run(seconds)


def _calls(target, seconds, connections=8, each=100):
    """Keep many small calls under way, each on many connections."""
    import asyncio  # noqa: PLC0415

    import grpc  # noqa: PLC0415

    async def run():
        until, made = time.monotonic() + seconds, 0
        channels = [
            grpc.aio.insecure_channel(target, [("grpc.use_local_subchannel_pool", 1)]) for _ in range(connections)
        ]

        async def one(channel):
            nonlocal made
            call = channel.unary_unary(MATCH)
            while time.monotonic() < until:
                with contextlib.suppress(grpc.RpcError):
                    await call(b"\x0a\x02{}", timeout=20)
                made += 1

        await asyncio.gather(*(one(channel) for channel in channels for _ in range(each)))
        return made

    return asyncio.run(run())


_SLOW_BODY = b"\x00" + (4_000_000).to_bytes(4)

_BEGAN = time.monotonic()


def _moment():
    return int((time.monotonic() - _BEGAN) * 10) + 1


def slow_messages(moment, count):
    """Begin so many messages of 4 MB that do not go on."""
    streams = range(40 * moment + 1, 40 * moment + 2 * count + 1, 2)
    return b"".join(frame(_HEADERS, _END_HEADERS, one, headers()) + frame(_DATA, 0, one, _SLOW_BODY) for one in streams)


GRPC = {
    "silent": lambda t, s: Held(t, 1000, lambda _: b"").run(s),
    "preface and no more": lambda t, s: Held(t, 1000, lambda _: opening()).run(s),
    "half of the headers": lambda t, s: Held(
        t,
        300,
        lambda _: opening() + frame(_HEADERS, 0, 1, headers()),
        lambda _: frame(_CONTINUATION, 0, 1, literal(f"x{time.monotonic_ns()}", "y")),
    ).run(s),
    "slow messages": lambda t, s: Held(
        t, 300, lambda _: opening() + slow_messages(0, 20), lambda _: slow_messages(_moment(), 1)
    ).run(s),
    "resets": lambda t, s: flood(
        t, s, opening(), lambda n: frame(_HEADERS, _END_HEADERS, n, headers()) + frame(_RST, 0, n, (8).to_bytes(4))
    ),
    "pings": lambda t, s: flood(t, s, opening(), lambda n: frame(_PING, 0, 0, n.to_bytes(8))),
    "settings": lambda t, s: flood(t, s, opening(), lambda _: frame(_SETTINGS, 0, 0)),
    "endless headers": lambda t, s: flood(
        t,
        s,
        opening() + frame(_HEADERS, 0, 1, headers()),
        lambda n: frame(_CONTINUATION, 0, 1, literal(f"x{n}", "y" * 100)),
    ),
    "empty data": lambda t, s: flood(
        t, s, opening() + frame(_HEADERS, _END_HEADERS, 1, headers()), lambda _: frame(_DATA, 0, 1)
    ),
    "unknown methods": lambda t, s: flood(t, s, opening(), lambda n: request(n, b"", "/nobody.knows/This")),
    "watches of health": lambda t, s: _streams(t, s, "/grpc.health.v1.Health/Watch", b""),
    "reflection": lambda t, s: Held(
        t,
        30,
        lambda _: (
            opening()
            + b"".join(
                frame(
                    _HEADERS,
                    _END_HEADERS,
                    2 * one + 1,
                    headers("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"),
                )
                for one in range(100)
            )
        ),
    ).run(s),
    "calls of one connection": lambda t, s: _calls(t, s, 1),
    "calls": _calls,
    "big calls": _big_calls,
}
HTTP = {
    "web: silent": lambda t, s: Held(t, 1000, lambda _: b"").run(s),
    "web: slow headers": lambda t, s: Held(
        t, 1000, lambda _: b"GET / HTTP/1.1\r\nHost: localhost\r\n", lambda _: b"X-A: b\r\n").run(s),
    "web: slow body": lambda t, s: Held(
        t, 1000, lambda _: b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n",
        lambda _: b"x").run(s),
    "web: does not read": lambda t, s: Held(
        t, 200, lambda _: b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n" * 200).run(s),
}  # fmt: skip
ATTACKS = GRPC | HTTP


if __name__ == "__main__":
    import resource

    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    ATTACKS[sys.argv[1]](sys.argv[2], float(sys.argv[3]))
    os._exit(0)
