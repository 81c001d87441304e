"""What this process shows to others of the same user, such as the jobs that an agent runs, and what memory it takes."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
import threading
from pathlib import Path

SECRETS = (
    "PLACEWISE_SECRET",
    "PLACEWISE_TOKEN",
    "PLACEWISE_REGISTRATION_SECRET",
    "PLACEWISE_SERVE_REGISTRATION_SECRET",
    "PLACEWISE_SERVE_GLOBAL_TOKEN",
    "PLACEWISE_SERVE_DATABASE",
)
"""Variables that hold secrets, or a URL with a password."""

# From <linux/prctl.h>.
_SET_DUMPABLE = 4

# From <malloc.h> of glibc.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
# Buffers that gRPC reads into are smaller: to map each anew would keep others waiting while a stranger floods it.
_LARGE_BYTES = 2 << 20
_KEPT_BYTES = 4 << 20


def hide_secrets() -> None:
    """Forget the secrets in the environment, once they were read, and keep others of this user out of our memory.

    What a program was started with stays in ``/proc/PID/environ``, which shows the very memory that it was written to:
    so it is overwritten there. On Linux nobody but root may read the rest of our memory, or trace us, from then on.
    """
    with contextlib.suppress(OSError, AttributeError, ValueError):  # a system without any of this
        _overwrite()
    for name in SECRETS:
        os.environ.pop(name, None)
    if sys.platform.startswith("linux"):
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_SET_DUMPABLE, 0, 0, 0, 0)


def give_back_memory() -> None:
    """Have large buffers given back to the system once they are freed.

    Otherwise glibc keeps ever larger ones in the heap, where small ones that stay keep them from being given back.
    Other C libraries do as they do.
    """
    if sys.platform.startswith("linux"):
        with contextlib.suppress(OSError, AttributeError):
            libc = ctypes.CDLL(None)
            libc.mallopt(_MMAP_THRESHOLD, _LARGE_BYTES)
            libc.mallopt(_TRIM_THRESHOLD, _KEPT_BYTES)


def peak_bytes() -> int | None:
    """Return the largest resident memory of this process so far; None where the system does not tell."""
    status = Path("/proc/self/status")
    if status.exists():
        # Unlike getrusage, whose figure a process inherits from the one that started it.
        line = next(line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    try:
        import resource  # noqa: PLC0415, not on every system
    except ImportError:
        return None
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def close_standard_input() -> None:
    """Replace standard input by nothing: others of this user could read a file behind it anew."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)


def end_after(seconds: float, code: int) -> None:
    """End this process with an exit code if it has not ended within so many seconds, whatever its threads do."""

    def end() -> None:
        sys.stderr.flush()
        os._exit(code)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()


def _overwrite() -> None:
    entries = ctypes.POINTER(ctypes.c_void_p).in_dll(ctypes.CDLL(None), "environ")
    position = 0
    while entries and (address := entries[position]):
        name, _, value = ctypes.string_at(address).partition(b"=")
        if os.fsdecode(name) in SECRETS:
            ctypes.memset(address + len(name) + 1, 0, len(value))
        position += 1
