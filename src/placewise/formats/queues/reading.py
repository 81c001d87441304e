"""The state of queues from wherever it is: what squeue or sacct wrote, or a replay at a moment; seen in the content."""

from __future__ import annotations

import re
from pathlib import Path

from placewise.errors import InputError, locating
from placewise.formats.queues.of_replay import state_of_replay
from placewise.formats.queues.of_sacct import read_sacct_queue
from placewise.formats.queues.squeue import REQUIRED, read_squeue
from placewise.formats.reading import found_at
from placewise.formats.results.replay_files import is_replay, read_replay
from placewise.formats.results.results_names import JOBS
from placewise.formats.traces.read_trace import is_parquet
from placewise.formats.traces.slurm.rows import header_of
from placewise.formats.traces.trace_bytes import read_trace_bytes
from placewise.model.traces.queue_state import QueueState

EXPECTED = "what squeue or sacct -P writes, as text or with --json, or the folder of a replay"

# A name of a field: inside a text, quotes are escaped.
_JOBS_OF_JSON = re.compile(rb'"jobs"\s*:')
_SQUEUE_JSON = re.compile(rb'"job_state"\s*:')
_SACCT_JSON = re.compile(rb'"submission"\s*:')


def read_queue_state(path: Path, *, now_s: int | None = None, zone: str | None = None) -> QueueState:
    """Return what runs and what waits: now, as squeue or sacct wrote it, or in a replay at a moment.

    path : what squeue or sacct wrote; or the folder of a replay, or its `jobs.parquet`. now_s : the moment: Unix time,
    of a replay seconds of its virtual time; else when squeue or sacct wrote it, if that can be seen in it.
    zone : of the times that squeue or sacct wrote, as in `read_sacct`.

    Raises InputError for anything else, and as `read_squeue`, `read_sacct_queue` and `read_replay` do.
    """
    folder = path if found_at(path) == "folder" else path.parent
    if folder == path or is_parquet(path):
        if not is_replay(folder) or (folder != path and path.name != JOBS):
            raise _none_of_these(path, "a folder" if folder == path else "a file of Parquet")
        replayed = read_replay(folder)
        with locating(file=path):
            return state_of_replay(replayed, now_s)
    content = read_trace_bytes(path)
    if content.lstrip().startswith(b"{"):
        if not _JOBS_OF_JSON.search(content):
            raise _none_of_these(path, "a document without jobs")
        of_sacct = _SACCT_JSON.search(content) is not None and _SQUEUE_JSON.search(content) is None
    else:
        names = header_of(content)
        of_sacct = {"submit", "state"} <= set(names)
        if not of_sacct and not set(REQUIRED) <= set(names):
            raise _none_of_these(path, "|".join(names))
    with locating(file=path):
        return (read_sacct_queue if of_sacct else read_squeue)(content, path, now_s=now_s, zone=zone)


def _none_of_these(path: Path, found: str) -> InputError:
    return InputError("does not say what runs and what waits", file=path, found=found, expected=EXPECTED)
