"""What strangers may send: every method of every service, with bytes, messages and texts meant to do harm."""

import json
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from random import Random

import grpc
import strangers
from google.protobuf.message_factory import GetMessageClass
from server_process import server_process
from talking import graph, jobspec, subsystem, talking

from placewise.service.wire import memory_graph_pb2, placewise_pb2, rainbow_pb2
from placewise.service.wire import placewise_pb2 as v1

ANSWER_S = 10.0
GROWTH_MB = 100.0
MOST_MB = 600.0
# How long each stranger of `strangers` stays.
STRANGER_S = 5.0
TENTHS = 10
CALLERS = 4
WATCHED_S = 0.2
# What anybody may register or queue is bounded low, so that what memory grows by is not what was kept on purpose.
BOUNDS = {"most_denied": 1_000_000_000, "most_clusters": 30, "most_subsystems": 50, "most_queued": 1000}
NO_ANSWERS = {grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN}

_DEEP = ["[" * 100_000, '{"a":' * 20_000, "- " * 5_000, "a: " * 200, "(" * 5_000, "{" * 500, '"' * 9999]
_BOMB = "a: &a [x,x,x,x,x,x,x,x]\n" + "".join(
    f"{b}: &{b} [{f'*{a},' * 8}]\n" for a, b in zip("abcdefg", "bcdefgh", strict=True)
)
_TEXTS = [
    "",
    "\x00",
    "\ufeff\u202e\ud7ff",
    "x" * 300_000,
    "9" * 5000,
    "1e99999",
    "NaN",
    "null",
    "5",
    "[]",
    "{}",
    "%s%n../../'; DROP TABLE jobs; --",
    "!!python/object/apply:os.system [true]",
    _BOMB,
    *_DEEP,
]
_RANGES = [
    "1." * 5000,
    ":",
    "1:2:3",
    ">=1,<" * 500,
    "*",
    "^" * 100,
    "-1",
    10**400,
    None,
    True,
    [1],
    {"a": 1},
    "1:" * 999,
]
_NUMBERS = [0, 1, -1, 2**31 - 1, -(2**31), 7]
_REALS = [0.0, 1.0, -1.0, 1e308, float("inf"), float("nan")]
_WORDS = [
    "match",
    "range",
    "equals",
    "random",
    "first",
    "least-loaded",
    "cheapest",
    "constraint",
    "fastest",
    "fuzzy",
    "",
]
_EXPRESSIONS = [
    "x > 0",
    "9**9**9",
    "x" * 9999,
    "1+" * 3000 + "1",
    "not " * 2000 + "x",
    "(" * 400 + "x" + ")" * 400,
    "1/0",
]


@dataclass(frozen=True)
class Method:
    """A method by its path; `streams` if its answers are a stream."""

    path: str
    request: type
    streams: bool


@dataclass
class Found:
    """What a run found: `failures` is to be empty, and `growth_mb` at most GROWTH_MB (None: not known).

    memory_mb : memory all the time, by the tenth of the run. What a stranger takes is given back after him, so what
        stays is the least of a tenth; it grows from the second tenth to the last.
    """

    calls: int = 0
    codes: Counter = field(default_factory=Counter)
    slowest_s: float = 0.0
    memory_mb: list = field(default_factory=lambda: [[] for _ in range(TENTHS)])
    web: Counter = field(default_factory=Counter)
    strangers: int = 0
    failures: list = field(default_factory=list)

    @property
    def least_mb(self):
        return [min(tenth) if tenth else None for tenth in self.memory_mb]

    @property
    def growth_mb(self):
        first, last = self.least_mb[1], self.least_mb[-1]
        return None if first is None or last is None else last - first

    @property
    def most_mb(self):
        return max((max(tenth) for tenth in self.memory_mb if tenth), default=0.0)

    def __str__(self):
        grown = "unknown" if self.growth_mb is None else f"{self.growth_mb:.1f} MB"
        codes = ", ".join(f"{code} {count}" for code, count in self.codes.most_common())
        least = ", ".join("-" if one is None else f"{one:.0f}" for one in self.least_mb)
        return (
            f"calls {self.calls}, slowest {self.slowest_s:.2f} s, memory grew by {grown} (bound {GROWTH_MB:.0f} MB), "
            f"at most {self.most_mb:.0f} MB (bound {MOST_MB:.0f} MB), failures {len(self.failures)}\n{codes}\n"
            f"least memory of each tenth of the time, MB: {least}\n"
            f"web: {', '.join(f'{code} {count}' for code, count in self.web.most_common())}; strangers {self.strangers}"
        )


@dataclass(frozen=True)
class Known:
    """Right credentials, so that some calls come further than the door."""

    name: str
    secret: str
    token: str
    registration: str
    everything: str


def methods():
    """Return every method of the three services."""
    files = (rainbow_pb2, memory_graph_pb2, placewise_pb2)
    services = [service for file in files for service in file.DESCRIPTOR.services_by_name.values()]
    return [
        Method(f"/{service.full_name}/{one.name}", GetMessageClass(one.input_type), one.server_streaming)
        for service in services
        for one in service.methods
    ]


METHODS = methods()


def known(talk, name):
    """Register a cluster with one subsystem and return what is needed to call as its owner and its user."""
    given = talk.register(name, subsystems={"zlib": subsystem({"version": "1.2"})}, state='{"x": 1, "cost": 2.5}')
    return Known(name, given.secret, given.token, talk.registration_secret, talk.everything.global_token)


def request(random, method, right):
    """Return the bytes of a request: noise, another method's message, a message with hostile fields, or damage."""
    kind = random.randrange(10)
    if kind == 0:
        return random.randbytes(random.choice([0, 1, 10, 1000]))
    if kind == 1:
        # Groups within groups, and messages within messages, of a field that is not known.
        return random.choice([b"\x0b" * 5000, b"\xfb\x07" * 150, b"\xff" * 100, b"\x0a\x80\x80\x80\x80\x08"])
    wanted = random.choice(METHODS) if kind == 2 else method
    message = wanted.request()
    # Mostly right, so that what is wrong is reached.
    _fill(random, message, right, random.choice([0.0, 0.1, 0.3, 1.0]))
    sent = message.SerializeToString()
    return _damaged(random, sent) if kind == 3 else sent


def call(channel, method, sent, metadata=()):
    """Make a call; return its code and how many seconds it took."""
    start = time.monotonic()
    try:
        if method.streams:
            # A watch that is allowed goes on, so that only what is refused ends by itself.
            list(channel.unary_stream(method.path)(sent, timeout=WATCHED_S, metadata=metadata))
        else:
            channel.unary_unary(method.path)(sent, timeout=ANSWER_S, metadata=metadata)
        code = grpc.StatusCode.OK
    except grpc.RpcError as error:
        code = error.code()
    return code, time.monotonic() - start


def failed(method, code):
    """Whether a call was not answered as it should be."""
    late = code is grpc.StatusCode.DEADLINE_EXCEEDED and not method.streams
    return late or code in NO_ANSWERS or code is grpc.StatusCode.UNAVAILABLE


def fuzz(folder, seconds, seed):
    """Send requests for so many seconds to a server, and return what was found."""
    found, over = Found(), threading.Event()
    with server_process(folder, log_level="info", **BOUNDS) as server:
        threads = [threading.Thread(target=_caller, args=(server, Random(f"{seed}-{one}"), one, found, over))
                   for one in range(CALLERS)]  # fmt: skip
        threads += [
            threading.Thread(target=_web_caller, args=(server, Random(f"{seed}-web"), found, over)),
            threading.Thread(target=_strangers, args=(server, Random(f"{seed}-strangers"), found, over)),
            threading.Thread(target=_memory, args=(server, found, over, seconds)),
        ]
        for thread in threads:
            thread.start()
        over.wait(seconds)
        over.set()
        for thread in threads:
            thread.join()
        if not server.alive:
            found.failures.append(f"the server died with {server.process.returncode}")
        elif found.growth_mb is not None:
            if found.most_mb > MOST_MB:
                found.failures.append(f"memory was {found.most_mb:.0f} MB")
            if found.growth_mb > GROWTH_MB:
                found.failures.append(f"memory grew by {found.growth_mb:.1f} MB")
        if server.alive and (code := server.stop()) != 0:
            found.failures.append(f"stopped, the server exits with {code}")
        for line in server.logged().splitlines():
            if "Traceback" in line or "exc_info" in line:
                found.failures.append(f"in the server's log: {line[-2000:]}")
    return found


def _memory(server, found, over, seconds):
    start = time.monotonic()
    while not over.wait(0.2) and server.alive:
        tenth = min(TENTHS - 1, int(TENTHS * (time.monotonic() - start) / seconds))
        if (memory := server.memory_mb()) is not None:
            found.memory_mb[tenth].append(memory)


def _strangers(server, random, found, over):
    """Send one stranger after another, each in a process of its own; this computer's share of it is theirs too."""
    while not over.is_set() and server.alive:
        name = random.choice(list(strangers.ATTACKS))
        target = server.target if name in strangers.GRPC else server.http
        stranger = subprocess.Popen(
            [sys.executable, strangers.__file__, name, target, str(STRANGER_S)], stdout=subprocess.DEVNULL
        )
        found.strangers += 1
        over.wait(STRANGER_S + 2)
        stranger.kill()
        stranger.wait()


def _web_caller(server, random, found, over):
    """Ask the web page for what it has not, in forms that are none; whatever is HTTP is to be answered."""
    while not over.is_set() and server.alive:
        sent, whole = _web_request(random)
        began = time.monotonic()
        try:
            with socket.create_connection(strangers.address_of(server.http), timeout=ANSWER_S) as connection:
                connection.sendall(sent)
                if whole:
                    answer = connection.recv(65536)
                    found.web[answer[9:12].decode(errors="replace") or "none"] += 1
                    if answer[9:10] == b"5" and answer[9:12] != b"503":
                        found.failures.append(f"web: {answer[:100]!r}, sent {sent[:300]!r}")
        except ConnectionError:
            found.web["closed"] += 1  # to make room for another
        except OSError as error:
            if server.alive:
                found.failures.append(f"web: {error!r} after {time.monotonic() - began:.1f} s, sent {sent[:300]!r}")
        over.wait(0.01)


def _web_request(random):
    """Return bytes, and whether they are a request that is whole."""
    host = random.choice([b"localhost", b"127.0.0.1", b"[::1]:80", b"evil.example", b"", b"x" * 9000, b"\xff\x00"])
    path = random.choice([
        b"/", b"/metrics", b"/healthz", b"/jobs/1", b"/jobs/%s" % (b"9" * 9000), b"/?refresh=off", b"//", b"*",
        b"/\xff",        b"http://evil.example/", b"/" + b"%00" * 500, b"/../../etc/passwd",
    ])  # fmt: skip
    method = random.choice([b"GET", b"HEAD", b"POST", b"OPTIONS", b"CONNECT", b"PRI", b"X" * 5000])
    more = random.choice([
        b"", b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n", b"Content-Length: -1\r\n",
        b"A: b\r\n" * 5000, b"Upgrade: h2c\r\nConnection: upgrade\r\n", b"Expect: 100-continue\r\n",
    ])  # fmt: skip
    if random.random() < 0.2:
        return random.choice([random.randbytes(2000), strangers.opening(), b"\x16\x03\x01" * 100, b"GET /"]), False
    whole = more in (b"", b"Upgrade: h2c\r\nConnection: upgrade\r\n") and method in (b"GET", b"HEAD")
    return method + b" " + path + b" HTTP/1.1\r\nHost: " + host + b"\r\n" + more + b"\r\n", whole


def _caller(server, random, number, found, over):
    rounds = 0
    options = [("grpc.max_receive_message_length", -1)]
    with talking(server) as talk, grpc.insecure_channel(server.target, options) as channel:
        right = None
        while not over.is_set():
            try:
                if rounds % 100 == 0:
                    right = _anew(talk, right, f"fuzz-{number}-{rounds}")
                rounds += 1
                method = random.choice(METHODS)
                sent = request(random, method, right)
                metadata = [("x-request-id", "x" * random.choice([1, 200, 5000]))] * (random.random() < 0.05)
                code, took = call(channel, method, sent, metadata)
            except Exception as error:  # noqa: BLE001, for the run's own thread
                found.failures.append(repr(error)[:500])
                return
            found.calls += 1
            found.codes[code.name] += 1
            found.slowest_s = max(found.slowest_s, took if not method.streams else 0.0)
            if failed(method, code):
                found.failures.append(f"{method.path}: {code.name} after {took:.1f} s, sent {sent[:300]!r}")
                if not server.alive:
                    over.set()


def _anew(talk, last, name):
    """Register another cluster in the place of the last, and delete what the fuzzing registered."""
    if last is not None:
        owner = v1.ClusterSecret(name=last.name, secret=last.secret)
        try:
            talk.v1.DeleteCluster(v1.DeleteClusterRequest(cluster=owner), timeout=ANSWER_S)
        except grpc.RpcError as error:
            if error.code() is not grpc.StatusCode.UNAUTHENTICATED:  # it was deleted, or its secret replaced
                raise
    try:
        return known(talk, name)
    except grpc.RpcError as error:
        if last is None or error.code() is not grpc.StatusCode.RESOURCE_EXHAUSTED:
            raise
        return last


def _fill(random, message, right, wrong):
    for one in message.DESCRIPTOR.fields:
        if random.random() < 0.1:
            continue
        if one.message_type is not None and one.message_type.GetOptions().map_entry:
            for name, value in _pairs(random, one.name, wrong):
                getattr(message, one.name)[name] = value
        elif one.message_type is not None:
            targets = (
                [getattr(message, one.name).add() for _ in range(_many(random, wrong))]
                if one.is_repeated
                else [getattr(message, one.name)]
            )
            for target in targets:
                _fill(random, target, right, wrong)
        elif one.is_repeated:
            getattr(message, one.name).extend(_value(random, one, right, wrong) for _ in range(_many(random, wrong)))
        else:
            setattr(message, one.name, _value(random, one, right, wrong))


def _many(random, wrong):
    return random.choice([0, 1, 3, 500]) if random.random() < wrong else 1


def _value(random, one, right, wrong):
    if one.cpp_type == one.CPPTYPE_BOOL:
        return random.random() < 0.5
    if one.cpp_type == one.CPPTYPE_DOUBLE:
        return random.choice(_REALS)
    if one.cpp_type != one.CPPTYPE_STRING:
        return random.choice(_NUMBERS)
    if random.random() < wrong and random.random() < 0.5:
        return random.choice(_TEXTS)
    return _text(random, one, right, wrong)


def _text(random, one, right, wrong):
    # A cluster that is registered has a name of its own, and every other message that of the caller's cluster.
    fresh = one.containing_type.name.startswith("Register") and one.name == "name"
    texts = {
        "secret": [right.registration if one.containing_type.name == "RegisterRequest" else right.secret],
        "registration_secret": [right.registration],
        "global_token": [right.everything],
        "token": [right.token],
        "name": [f"made-{random.randrange(20)}" if fresh and random.random() < 0.5 else right.name],
        "cluster": [right.name],
        "of_cluster": [right.name],
        "nodes": [graph(), _graph(random), subsystem({"version": "1"})],
        "subsystem": ["", "zlib"],
        "subsytem": ["", "zlib"],
        "state": ["", _state(random)],
        "payload": [jobspec(), _state(random), _jobspec(random)],
        "jobspec": [jobspec(), _jobspec(random), _jobspec(random)],
        "match_algorithm": ["", random.choice(_WORDS)],
        "matcher": ["", random.choice(_WORDS)],
        "select_algorithm": ["", random.choice(_WORDS)],
    }.get(one.name, ["", "text"])
    return random.choice(texts)


def _pairs(random, name, wrong):
    if random.random() < wrong / 2:
        return [(random.choice(_TEXTS)[:1000], random.choice(_TEXTS)) for _ in range(3)]
    if name == "subsystems":
        return [(f"part-{random.randrange(60)}", subsystem({"version": random.choice(["1.2", 5, None, "x" * 2000])}))]
    if random.random() < 0.5:
        return []
    steps = [{random.choice(["filter", "sort_ascending", "calc", "select"]): random.choice([*_EXPRESSIONS, 5, None])}]
    return [("priorities", json.dumps([{"priority": random.choice([1, -1, "x"]), "steps": steps}]))]


def _jobspec(random):
    entry = {"name": random.choice(["zlib", "x" * 999, ""]), "field": "version"}
    entry[random.choice(["match", "min", "max", "range", "equals"])] = random.choice(["1.2", *_RANGES])
    spec = jobspec(
        [entry] * random.choice([0, 1, 1, 500]),
        nodes=random.choice([1, 0, -1, 2**62, 1.5, "1", None]),
        cores=random.choice([1, 2**31, [], {"min": 1, "max": 0}, 10**30]),
        command=random.choice([("true",), (), ("\x00",), (5,), "true"]),
    )
    if random.random() < 0.3:
        deep = {"type": "core", "count": 1}
        for _ in range(random.choice([5, 100, 400])):
            deep = {"type": "node", "count": 2, "with": [deep]}
        spec = json.dumps({"version": 1, "resources": {"a": deep}, "task": {"command": ["true"]}})
    return spec


def _graph(random):
    vertex = {"metadata": random.choice([{"type": "node"}, {"type": 5}, {}, None, {"type": "node", "size": 10**30}])}
    names = ["a", "b", "", "c" * 500]
    edge = {"source": random.choice(names), "target": random.choice(names), "relation": "contains"}
    nodes = random.choice([dict.fromkeys(names, vertex), [], None, [vertex] * 50, {}])
    if random.random() < 0.2:
        chain = [{"source": str(one), "target": str(one + 1)} for one in range(2000)]
        return json.dumps({"graph": {"nodes": {str(one): vertex for one in range(2001)}, "edges": chain}})
    return json.dumps({"graph": {"nodes": nodes, "edges": [edge] * random.choice([0, 1, 100])}})


def _state(random):
    values = [1, 10**400, -1e308, True, None, "x" * 5000, [1], {"a": {}}]
    return json.dumps({random.choice(["x", "cost", "", "cost_per_node_hour", "\x00"]): random.choice(values)})


def _damaged(random, sent):
    damaged = bytearray(sent[:5000] or b"\x00")
    for _ in range(random.choice([1, 5, 50])):
        damaged[random.randrange(len(damaged))] = random.randrange(256)
    return bytes(damaged[: random.choice([len(damaged), len(damaged) // 2])])
