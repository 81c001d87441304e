"""A pool of processes of this machine that never outlives the one that started it."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from multiprocessing.connection import Connection


@contextlib.contextmanager
def processes(workers: int) -> Iterator[tuple[ProcessPoolExecutor, Callable[[], None]]]:
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
