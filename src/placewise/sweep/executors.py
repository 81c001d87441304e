"""Executors for a sweep: processes of this machine, or the workers of a Dask cluster."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import logging
import os
import signal
import threading
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from placewise.errors import InputError
from placewise.formats.reading import read_json
from placewise.sweep.runner import Runner

MOST_WORKERS = 1_000
_PATIENCE_S = 8.0
_DECIDING = ("placewise", "numpy")


@contextlib.contextmanager
def runner(workers: int = 1, dask: str | None = None, parts: Path | None = None) -> Iterator[Runner]:
    """Yield a runner with so many processes, or on a Dask cluster.

    On the way out its processes end; a cluster stays. workers : 1 computes in this process.
    dask : the address of a scheduler, such as tcp://host:8786, or the scheduler file (.json) that one has written.
    parts : where finished parts are kept (see `Runner`).

    Raises InputError for a number of workers that is not usable, workers beside a cluster, a scheduler that does not
    answer within seconds, or Dask where it is not installed.
    """
    if not 1 <= workers <= MOST_WORKERS:
        raise InputError("--workers is not usable", found=workers, expected=f"1 to {MOST_WORKERS:,}")
    if dask is not None:
        if workers > 1:
            raise InputError("--workers is given beside --dask", found=workers, expected="one of them")
        with _connected(dask) as client:
            # Not pure: a block is computed even if the cluster remembers one like it that was cancelled.
            yield Runner(client.get_executor(pure=False), parts)
    elif workers > 1:
        with _processes(workers) as (pool, end):
            yield Runner(pool, parts, end)
    else:
        yield Runner(None, parts)


@contextlib.contextmanager
def _processes(workers: int) -> Iterator[tuple[ProcessPoolExecutor, Callable[[], None]]]:
    """Yield a pool whose processes end with this one, however it ends, and what ends them at once."""
    # A fresh interpreter a worker: forking a process that has threads can deadlock.
    context = get_context("spawn")
    end, lifeline = context.Pipe(duplex=False)
    pool = ProcessPoolExecutor(workers, context, initializer=_live_while_open, initargs=(end,))
    with end, lifeline, pool:
        yield pool, lifeline.close


def _live_while_open(end: Connection) -> None:
    # An interrupt from the terminal reaches every process; the one that started this one decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_exit_at_end, args=(end,), daemon=True).start()


def _exit_at_end(end: Connection) -> None:
    with contextlib.suppress(EOFError, OSError):
        end.recv()
    os._exit(1)


@contextlib.contextmanager
def _connected(where: str) -> Iterator[Any]:
    distributed = _distributed()
    address = _address_in(Path(where)) if where.endswith(".json") else where
    with _hushed():
        try:
            # In a thread of its own, since the caller's may have a loop that runs, as in a notebook.
            with ThreadPoolExecutor(1) as thread:
                thread.submit(asyncio.run, _require_scheduler(distributed, address)).result()
            client = distributed.Client(address, timeout=_PATIENCE_S, set_as_default=False)
        except Exception as error:
            # What speaks another language may cause any error in Dask, and few of them tell anything.
            told = str(error) if isinstance(error, OSError | TypeError | ValueError) else ""
            raise InputError(
                f"no Dask scheduler answers{': ' * bool(told)}{told}",
                place="--dask",
                found=where,
                expected="an address such as tcp://host:8786, or a scheduler file (.json)",
            ) from error
        with contextlib.closing(client):
            _require_equal_versions(client)
            yield client


def _distributed() -> Any:
    """Load Dask, whose functions have no types. Raises InputError where it is not installed."""
    try:
        return importlib.import_module("distributed")
    except ImportError:
        raise InputError("Dask is not installed", expected='pip install "placewise[dask]"') from None


async def _require_scheduler(distributed: Any, address: str) -> None:
    # A client that cannot connect complains until the process ends; a call that cannot is over.
    security = distributed.Security().get_connection_args("client")
    async with distributed.rpc(address, timeout=_PATIENCE_S, connection_args=security) as there:
        identity = await asyncio.wait_for(there.identity(), _PATIENCE_S)
    if identity["type"] != "Scheduler":
        raise ValueError(f"this is a {identity['type']}")


def _require_equal_versions(client: Any) -> None:
    """Raise InputError when the scheduler or a worker has not what decides about rows, as this process has it."""
    versions = client.get_versions(packages=[*_DECIDING])
    ours = versions["client"]["packages"]
    for address, theirs in {"the scheduler": versions["scheduler"], **versions["workers"]}.items():
        for name in _DECIDING:
            if theirs["packages"][name] != ours[name]:
                raise InputError(
                    f"{address} has another {name}",
                    place="--dask",
                    found=theirs["packages"][name],
                    expected=f"{ours[name]}, as here",
                )


def _address_in(file: Path) -> str:
    document = read_json(file)
    address = document.get("address") if isinstance(document, dict) else None
    if not isinstance(address, str):
        raise InputError(
            "is no scheduler file of Dask", file=file, found=document, expected="an object with an address"
        )
    return address


@contextlib.contextmanager
def _hushed() -> Iterator[None]:
    """Keep what Dask logs and warns of from the terminal; what matters of it comes as an exception."""
    loggers = [one for one in logging.root.manager.loggerDict.values() if isinstance(one, logging.Logger)]
    talking = [one for one in loggers if one.name.partition(".")[0] in ("distributed", "tornado")]
    levels = {handler: handler.level for one in talking for handler in one.handlers}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="distributed")
        for handler in levels:
            handler.setLevel(logging.CRITICAL + 1)
        try:
            yield
        finally:
            for handler, level in levels.items():
                handler.setLevel(level)
