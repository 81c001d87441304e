"""Serves from several processes on one port: a parent starts them, keeps them there, and ends them together.

The kernel gives each new connection to one of them (SO_REUSEPORT). They are servers on one PostgreSQL like any others:
what one changes the others learn by notices and revisions.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import errno
import json
import signal
import socket
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import structlog

from placewise.errors import InputError, PlacewiseError
from placewise.service.guard.own_process import hide_secrets
from placewise.service.guard.refusals import Unavailable
from placewise.service.observing.logs import configure
from placewise.service.setting_values import Address
from placewise.service.settings import Settings

if TYPE_CHECKING:
    from placewise.service.serve import Addresses

# A process that ends so often within so long is not started again: it would end again.
_MOST_ENDS = 5
_WITHIN_S = 60.0
_FIRST_WAIT_S = 0.1
# Beside the time for calls under way. A process ends itself before (`serve`), and what hangs is killed then.
_LEAVE_S = 0.9
_EXIT_INPUT = 2

_log = structlog.get_logger()


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT, from as many processes as the settings say.

    Raises InputError for settings that cannot be served, Unavailable where a process keeps ending, and SystemExit,
    with its code, where the first one ended before it served, and has said why.
    """
    if settings.processes == 1:
        from placewise.service import serve  # noqa: PLC0415, a parent needs no gRPC

        serve.run(settings)
        return
    configure(settings.log_level, settings.log_format)
    with _reserved(settings) as known:
        asyncio.run(_Parent(known).run())


class _Parent:
    """The processes of one server, each with a number from 0 on."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._running: dict[int, Process] = {}
        self._stopping = asyncio.Event()
        self._first = asyncio.Event()
        self._failure: PlacewiseError | None = None
        self._code = 0

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopping.set)
        stopping = asyncio.create_task(self._stopping.wait())
        # The first one migrates the database, and finds out whether the settings can be served.
        keeping = [asyncio.create_task(self._keep(0))]
        await asyncio.wait((asyncio.create_task(self._first.wait()), stopping), return_when=asyncio.FIRST_COMPLETED)
        if not self._stopping.is_set():
            keeping += [asyncio.create_task(self._keep(number)) for number in range(1, self._settings.processes)]
            _log.info("starting processes", processes=self._settings.processes, listen=self._settings.listen)
        await stopping
        await self._end(keeping)
        if self._failure is not None:
            raise self._failure
        if self._code:
            raise SystemExit(self._code)

    async def _keep(self, number: int) -> None:
        """Run a process, and another one each time it ends."""
        ends: deque[float] = deque(maxlen=_MOST_ENDS)
        while not self._stopping.is_set():
            served, code = await self._run_one(number)
            if self._stopping.is_set():
                return
            if not served and not self._first.is_set():
                self._code = code if code > 0 else 1
                self._stopping.set()
                return
            ends.append(time.monotonic())
            _log.error("a process ended, and another one is started", process=number, code=code)
            if len(ends) == _MOST_ENDS and ends[-1] - ends[0] < _WITHIN_S:
                problem = f"process {number} ended {_MOST_ENDS} times within {_WITHIN_S:.0f} s; its log says why"
                self._failure = Unavailable(problem)
                self._stopping.set()
                return
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), _FIRST_WAIT_S * 2 ** len(ends))

    async def _run_one(self, number: int) -> tuple[bool, int]:
        """Run a process to its end, and return whether it served and its exit code, below 0 for a signal."""
        # Where our own folder was not looked into for modules, it is not there either.
        safe = () if {"", str(Path.cwd())} & set(sys.path) else ("-P",)
        process = await asyncio.create_subprocess_exec(
            sys.executable, *safe, "-m", "placewise.service.processes", stdin=PIPE, stdout=PIPE
        )
        self._running[number] = process
        if self._stopping.is_set():
            process.terminate()
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            # Not on a command line nor in the environment: there are secrets in it. Its end is that of this process.
            process.stdin.write(_written(_own(self._settings, number), number) + b"\n")
            with contextlib.suppress(ConnectionError):
                await process.stdin.drain()
            served = bool(await process.stdout.readline())
            if served:
                self._first.set()
            return served, await process.wait()
        finally:
            del self._running[number]

    async def _end(self, keeping: list[asyncio.Task[None]]) -> None:
        """End all processes, within two seconds whatever they do."""
        for process in self._running.values():
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        _, left = await asyncio.wait(keeping, timeout=self._settings.stop_s + _LEAVE_S)
        for number, process in self._running.items():
            _log.warning("a process did not end in time, and is killed", process=number)
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        if left:
            await asyncio.wait(left)
        for task in keeping:
            task.result()


@contextlib.contextmanager
def _reserved(settings: Settings) -> Iterator[Settings]:
    """Keep the port for these processes while the block runs; yields the settings with its number where that was 0.

    Raises InputError where somebody listens there: sharing a port by accident, two servers would each be given half of
    the calls, and nobody would notice.
    """
    address = Address.of(settings.listen, "listen")
    port = address.port
    error: OSError | None = None
    with contextlib.ExitStack() as kept:
        kept_any = False
        for family, host in _families(address):
            try:
                if port:
                    _bound(family, host, port, socket.SO_REUSEADDR, listening=True).close()
                one = kept.enter_context(_bound(family, host, port, socket.SO_REUSEPORT))
                port, kept_any = one.getsockname()[1], True
            except OSError as failure:
                # Of a name's addresses this machine may not have all.
                if failure.errno != errno.EADDRNOTAVAIL or error is None:
                    error = failure
                if failure.errno not in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                    kept_any = False
                    break
        if not kept_any:
            reason = "no such address" if error is None else error.strerror or str(error)
            raise InputError(f"cannot listen: {reason}", place="listen", found=settings.listen, expected="a free port")
        yield dataclasses.replace(settings, listen=str(Address(address.host, port)))


def _families(address: Address) -> list[tuple[socket.AddressFamily, str]]:
    """Return the addresses of a host, with their families, each once."""
    try:
        found = socket.getaddrinfo(address.host, None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError:
        return []
    return list(dict.fromkeys((one[0], str(one[4][0])) for one in found))


def _bound(
    family: socket.AddressFamily, host: str, port: int, option: int, *, listening: bool = False
) -> socket.socket:
    """Return a socket that is bound, and takes no connections unless it shall."""
    one = socket.socket(family, socket.SOCK_STREAM)
    try:
        if family == socket.AF_INET6:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        one.setsockopt(socket.SOL_SOCKET, option, 1)
        one.bind((host, port))
        if listening:
            one.listen(1)
    except BaseException:
        one.close()
        raise
    return one


def _own(settings: Settings, number: int) -> Settings:
    """Return the settings of one process: the port of HTTP and the seed are counted on."""
    http, seed = settings.http, settings.seed
    if http is not None and (address := Address.of(http, "http")).port:
        http = str(Address(address.host, address.port + number))
    return dataclasses.replace(settings, http=http, seed=None if seed is None else seed + number)


def _written(settings: Settings, number: int) -> bytes:
    def plain(value: Any) -> Any:
        if isinstance(value, tuple):
            return [plain(one) for one in value]
        return str(value) if isinstance(value, Path) else dict(value) if isinstance(value, Mapping) else value

    given = {one.name: plain(getattr(settings, one.name)) for one in dataclasses.fields(settings)}
    return json.dumps({"number": number, "settings": given}).encode()


def _read(line: bytes) -> tuple[int, Settings]:
    document = json.loads(line)
    given = document["settings"]
    file = given.pop("registration_secret_file")
    return document["number"], Settings(**given, registration_secret_file=None if file is None else Path(file))


def serve_for_parent() -> NoReturn:
    """Serve as one of several processes: the settings come on standard input, whose end is that of the parent."""
    from placewise.service import serve  # noqa: PLC0415, a parent needs no gRPC

    hide_secrets()
    line = sys.stdin.buffer.readline()
    if not line.endswith(b"\n"):
        sys.exit(1)
    number, settings = _read(line)
    structlog.contextvars.bind_contextvars(process=number)

    def beside(addresses: Addresses, ended: asyncio.Event) -> None:
        def parent_spoke() -> None:
            asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
            ended.set()

        asyncio.get_running_loop().add_reader(sys.stdin.fileno(), parent_spoke)
        print(addresses.grpc, flush=True)  # noqa: T201, to the parent

    try:
        serve.run(settings, beside)
    except PlacewiseError as error:
        sys.stderr.write(f"placewise: {error}\n")
        sys.exit(_EXIT_INPUT if isinstance(error, InputError) else 1)
    sys.exit(0)


if __name__ == "__main__":
    serve_for_parent()
