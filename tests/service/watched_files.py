"""Sees every file of a folder that others could read, be it only for a moment (Linux)."""

import contextlib
import ctypes
import os
import select
import stat
import struct
import threading
from pathlib import Path

_EVENT = struct.Struct("iIII")
# From <sys/inotify.h>: modified, attributes, closed after writing, moved to, created.
_MASK = 0x2 | 0x4 | 0x8 | 0x80 | 0x100
_LARGEST = 1 << 22


class WatchedFiles:
    """Keeps what stood in files of a mode other than 0600, in a folder and those that come into it.

    open_to_others : by path, all contents seen at such moments.
    """

    def __init__(self, folder):
        self.open_to_others = {}
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._descriptor = self._libc.inotify_init1(os.O_CLOEXEC)
        assert self._descriptor >= 0, os.strerror(ctypes.get_errno())
        self._folders = {}
        self._ending, self._end = os.pipe()
        self._add(Path(folder))
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self):
        os.close(self._end)
        self._thread.join()
        os.close(self._descriptor)
        os.close(self._ending)

    def _add(self, folder):
        number = self._libc.inotify_add_watch(self._descriptor, os.fsencode(folder), _MASK)
        if number < 0:  # it is gone by now
            return
        self._folders[number] = folder
        with contextlib.suppress(OSError):
            for one in folder.iterdir():
                self._look(one)

    def _run(self):
        while self._ending not in select.select([self._descriptor, self._ending], [], [])[0]:
            events = os.read(self._descriptor, 1 << 16)
            at = 0
            while at < len(events):
                number, _, _, length = _EVENT.unpack_from(events, at)
                name = events[at + _EVENT.size : at + _EVENT.size + length].rstrip(b"\0")
                at += _EVENT.size + length
                if number in self._folders:
                    self._look(self._folders[number] / os.fsdecode(name))

    def _look(self, path):
        with contextlib.suppress(OSError):
            mode = path.lstat().st_mode
            if stat.S_ISDIR(mode):
                self._add(path)
            elif stat.S_ISREG(mode) and stat.S_IMODE(mode) & 0o077:
                with path.open("rb") as file:
                    self.open_to_others.setdefault(str(path), set()).add(file.read(_LARGEST))
