"""Ask a gRPC server as fast as it answers, at next to no cost: frames of HTTP/2 made once, answers counted, not read.

A client of gRPC takes as long for a call as the server does, and where both share the cores it is the client that is
measured. RFC 9113 has the frames, RFC 7541 the headers (here written out, without a table).
"""

import selectors
import socket
import struct
import time
from itertools import cycle

_DATA, _HEADERS, _RESET, _SETTINGS, _PING, _AWAY, _WINDOW = 0, 1, 3, 4, 6, 7, 8
_END_STREAM, _ACK, _END_HEADERS = 0x1, 0x1, 0x4
_MOST = 2**31 - 1
_WINDOW_AT_FIRST = 65_535
_LONGEST_FRAME = 16_384


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def headers(method):
    def text(value):
        assert len(value) < 127
        return bytes([len(value)]) + value.encode()

    block = b"\x83\x86\x04" + text(method) + b"\x01" + text("localhost")
    for name, value in (("content-type", "application/grpc"), ("te", "trailers")):
        block += b"\x00" + text(name) + text(value)
    return block


class Connection:
    """A connection with so many calls under way at any time."""

    def __init__(self, target, method, messages, at_once):
        host, _, port = target.rpartition(":")
        self.socket = socket.create_connection((host, int(port)))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        settings = struct.pack(">HIHI", 1, 0, 4, _MOST)
        more = struct.pack(">I", _MOST - _WINDOW_AT_FIRST)
        self.socket.sendall(
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(_SETTINGS, 0, 0, settings) + frame(_WINDOW, 0, 0, more)
        )
        self.headers = headers(method)
        self.messages = messages
        self.stream, self.window = 1, _WINDOW_AT_FIRST
        self.read = b""
        self.waiting = at_once
        self.answered = self.failed = 0
        self.with_data = set()
        self.begin()

    def begin(self):
        """Begin as many calls as have room."""
        out = []
        while self.waiting and self.window > _LONGEST_FRAME:
            message = next(self.messages)
            data = b"\0" + struct.pack(">I", len(message)) + message
            assert len(data) <= _LONGEST_FRAME
            out.append(frame(_HEADERS, _END_HEADERS, self.stream, self.headers))
            out.append(frame(_DATA, _END_STREAM, self.stream, data))
            self.window -= len(data)
            self.stream += 2
            self.waiting -= 1
        if out:
            self.socket.sendall(b"".join(out))

    def take(self):
        """Read what came, and begin a call for each that is over."""
        got = self.socket.recv(1 << 18)
        if not got:
            raise SystemExit("the server closed the connection")
        read, at = self.read + got, 0
        while len(read) - at >= 9:
            length = int.from_bytes(read[at : at + 3])
            kind, flags, stream = struct.unpack_from(">BBI", read, at + 3)
            if len(read) - at < 9 + length:
                break
            payload = read[at + 9 : at + 9 + length]
            at += 9 + length
            if kind == _DATA and length:
                self.with_data.add(stream)
            elif kind == _HEADERS and flags & _END_STREAM:
                # A refusal has headers alone.
                self.failed += stream not in self.with_data
                self.with_data.discard(stream)
                self.answered += 1
                self.waiting += 1
            elif kind == _SETTINGS and not flags & _ACK:
                self.socket.sendall(frame(_SETTINGS, _ACK, 0))
            elif kind == _PING and not flags & _ACK:
                self.socket.sendall(frame(_PING, _ACK, 0, payload))
            elif kind == _WINDOW and not stream:
                self.window += int.from_bytes(payload) & _MOST
            elif kind in (_RESET, _AWAY):
                raise SystemExit(f"the server ended a call: {payload!r}")
        self.read = read[at:]
        self.begin()


def ask(target, method, messages, seconds, *, connections=1, at_once=16):
    """Return how many calls were answered in how many seconds, the first hundred left out.

    messages : serialized requests, of which each call takes the next one, again and again.
    """
    endless = cycle(messages)
    opened = [Connection(target, method, endless, at_once) for _ in range(connections)]
    with selectors.DefaultSelector() as selector:
        for one in opened:
            selector.register(one.socket, selectors.EVENT_READ, one)

        def until(over):
            while not over():
                for key, _ in selector.select(1):
                    key.data.take()

        until(lambda: sum(one.answered for one in opened) >= 100)
        before, start = sum(one.answered for one in opened), time.perf_counter()
        until(lambda: time.perf_counter() - start >= seconds)
        count, took = sum(one.answered for one in opened) - before, time.perf_counter() - start
    for one in opened:
        one.socket.close()
    if failed := sum(one.failed for one in opened):
        raise SystemExit(f"{failed} calls of {method} were refused")
    return count, took
