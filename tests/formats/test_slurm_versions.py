"""Kinds of output that sacct and squeue of Slurm 20.11 to 25.05 give, each in a small text of our own.

See https://slurm.schedmd.com/sacct.html and squeue.html; the shapes of JSON changed with the data parser from 21.08 on.
"""

from __future__ import annotations

import json

import pytest

from placewise.formats.queues.squeue import read_squeue
from placewise.formats.traces.slurm import sacct
from placewise.formats.traces.slurm.rows import CUT_OFF, OTHER_FIELDS
from placewise.formats.traces.slurm.sacct import read_sacct
from placewise.model.traces.trace import UNKNOWN

NAMES = "JobID|JobIDRaw|User|Partition|Submit|Start|End|Elapsed|Timelimit|AllocCPUS|ReqMem|State"
TIMES = "2025-01-01T00:00:00|2025-01-01T00:01:00|2025-01-02T02:04:04|1-02:03:04"
JOB = f"7|7|ada|cpu|{TIMES}|2-00:00:00|8|16G|COMPLETED"
RUNTIME = 93_784
GIB = 1 << 30


def read(*lines, end="\n", names=NAMES):
    return read_sacct(("\n".join((names, *lines)) + end).encode(), "a.txt", "UTC")


def job(name="7", *, raw=None, **changes):
    row = dict(zip(NAMES.split("|"), JOB.split("|"), strict=True))
    row |= {"JobID": name, "JobIDRaw": raw or name, **changes}
    return "|".join(row.values())


@pytest.mark.parametrize(
    ("lines", "names", "left_out"),
    [
        ([job("7"), job("7.batch"), job("7.extern"), job("7.0"), job("7.interactive")], ["7"], {sacct.STEP: 4}),
        ([job("7_3", raw="9"), job("7_3.batch", raw="9.batch")], ["7_3"], {sacct.STEP: 1}),
        ([job("7+0", raw="7"), job("7+1", raw="8"), job("7+0.0", raw="7.0")], ["7+0", "7+1"], {sacct.STEP: 1}),
        (
            [JOB, job("8_[4-10%2]", State="PENDING", Start="Unknown", End="Unknown", AllocCPUS="0")],
            ["7"],
            {sacct.NEVER_STARTED: 1},
        ),
        (
            [JOB, job("8_[4-10]", State="CANCELLED by 1000", Start="None", Elapsed="00:00:00")],
            ["7"],
            {sacct.NEVER_STARTED: 1},
        ),
        # Older versions give a job that was cancelled while it waited a start at its end.
        ([JOB, job("8", State="CANCELLED by 5", Elapsed="00:00:00", AllocCPUS="0")], ["7"], {sacct.NEVER_STARTED: 1}),
        ([JOB, job("8", State="CANCELLED by 5", Elapsed="00:00:00", AllocCPUS="4")], ["7", "8"], {}),
        ([JOB, job("67109123", State="REVOKED", Elapsed="00:00:00")], ["7"], {sacct.SIBLING: 1}),
        ([job("67109123"), job("134217987")], ["67109123", "134217987"], {}),
        ([job("7", State="OUT_OF_MEMORY"), job("8", State="NODE_FAIL"), job("9", State="DEADLINE")], [*"789"], {}),
        ([JOB, job("8", State="RUNNING", End="Unknown"), job("9", State="RESIZING")], ["7"], {sacct.NOT_ENDED: 2}),
        ([JOB, job("8", Start="Unknown", State="FAILED")], ["7"], {sacct.NEVER_STARTED: 1}),
        ([JOB, job("8", End="Unknown", Elapsed="")], ["7"], {sacct.NO_ELAPSED: 1}),
        ([JOB, "", "   ", JOB.replace("7|7", "8|8")], ["7", "8"], {}),
        ([JOB, NAMES, JOB.replace("7|7", "8|8")], ["7", "8"], {}),
        ([JOB, job("8").rpartition("|")[0]], ["7"], {OTHER_FIELDS: 1}),
        ([JOB, job("8", User="a|b")], ["7"], {OTHER_FIELDS: 1}),
    ],
)
def test_kinds_of_rows(lines, names, left_out):
    trace = read(*lines)
    assert (list(trace.names), dict(trace.left_out)) == (names, left_out)
    assert set(trace.runtime_s.tolist()) <= {RUNTIME, 0}


def test_a_requeued_job_has_a_record_for_each_time():
    """With -D: what the job held before it was requeued, the machine was busy with."""
    first, again = job("7", State="REQUEUED"), job("7", State="COMPLETED", Submit="2025-01-02T02:04:05")
    trace = read(first, again, job("8", State="REQUEUED", Start="Unknown", End="Unknown"))
    assert (trace.names, dict(trace.left_out)) == (("7", "7"), {sacct.NEVER_STARTED: 1})
    assert trace.notes == ("Further records of the same job, as of one that was requeued, each a job here: 1.",)


@pytest.mark.parametrize(
    ("said", "found"),
    [
        *(("4Gc", 32 * GIB), ("4000Mn", 4000 << 20), ("16G", 16 * GIB), ("0", UNKNOWN), ("0n", UNKNOWN)),
        *(("0c", UNKNOWN), ("", UNKNOWN), ("1.5T", 1536 * GIB), ("500Mc", 8 * 500 << 20), ("9216Kn", 9 << 20)),
    ],
)
def test_memory(said, found):
    assert read(job(ReqMem=said)).memory_bytes.tolist() == [found]


@pytest.mark.parametrize(
    ("said", "found"),
    [
        *(("UNLIMITED", UNKNOWN), ("Partition_Limit", UNKNOWN), ("", UNKNOWN), ("1-02:03:04", RUNTIME)),
        *(("10:00:00", 36_000), ("05:00", 300), ("3-00:00:00", 3 * 86_400)),
    ],
)
def test_limits(said, found):
    assert read(job(Timelimit=said)).requested_s.tolist() == [found]


def test_a_line_that_is_cut_off_is_not_taken_for_a_whole_one():
    ended = f"{NAMES}|\n{JOB}|\n"
    whole = read_sacct(ended.encode(), "a.txt", "UTC")
    assert (whole.names, whole.notes, whole.left_out) == (("7",), (), ())
    # With -p a line ends with the sign, so that one without it was cut off.
    second = JOB.replace("7|7", "8|8")
    for length in range(1, len(second)):
        cut = read_sacct(f"{ended}{second[:length]}".encode(), "a.txt", "UTC")
        assert (cut.names, sum(count for _, count in cut.left_out)) == (("7",), 1), second[:length]
    assert CUT_OFF in dict(read_sacct(f"{ended}{second}".encode(), "a.txt", "UTC").left_out)
    # With -P that cannot be seen in the last field, and is said.
    assert any("no end" in note for note in read(JOB, end="").notes)


def test_columns_of_trackable_resources_will_do():
    names = "JobID|Submit|Start|Elapsed|State|ReqTRES|AllocTRES"
    tres = "billing=8,cpu=8,gres/gpu=2,mem=16G,node=2"
    trace = read(f"7|{TIMES.rpartition('|')[0].rpartition('|')[0]}|01:00:00|TIMEOUT|{tres}|{tres}", names=names)
    assert (trace.processors.tolist(), trace.nodes.tolist(), trace.gpus_milli.tolist()) == ([8], [2], [2000])
    # Where the columns are missing nothing is made up.
    bare = read("7|2025-01-01T00:00:00|COMPLETED|01:00:00", names="JobID|Submit|State|Elapsed")
    assert [bare.processors.tolist(), bare.requested_s.tolist(), bare.memory_bytes.tolist()] == [[UNKNOWN]] * 3


def wrapped(number, *, infinite=False):
    return {"set": number is not None, "infinite": infinite, "number": number or 0}


def history(**changes):
    time = {"submission": 1000, "eligible": 1000, "start": 1060, "end": 1160, "elapsed": 100, "limit": wrapped(2)}
    time |= changes.pop("time", {})
    one = {"job_id": 7, "user": "ada", "partition": "cpu", "time": time, "state": {"current": ["COMPLETED"]}}
    cpus = {"type": "cpu", "name": "", "id": 1, "count": 8}
    return json.dumps({"jobs": [one | {"tres": {"allocated": [cpus], "requested": []}} | changes]}).encode()


@pytest.mark.parametrize(
    ("limit", "found"),
    [
        *((wrapped(2), 120), (2, 120), (None, UNKNOWN), (wrapped(None), UNKNOWN), (wrapped(0, infinite=True), UNKNOWN)),
        *(((1 << 32) - 1, UNKNOWN), ((1 << 32) - 2, UNKNOWN), (wrapped((1 << 32) - 1), UNKNOWN)),
    ],
)
def test_limits_in_json(limit, found):
    assert read_sacct(history(time={"limit": limit}), "a.json").requested_s.tolist() == [found]


@pytest.mark.parametrize(
    ("required", "found"),
    [
        *(({"memory": 4096}, 4 * GIB), ({"memory": (1 << 63) + 1024}, 8 * GIB), ({"memory": 0}, UNKNOWN)),
        ({"memory_per_cpu": wrapped(1024), "memory_per_node": wrapped(None)}, 8 * GIB),
        ({"memory_per_cpu": None, "memory_per_node": wrapped(2048)}, 2 * GIB),
    ],
)
def test_memory_in_json(required, found):
    assert read_sacct(history(required=required), "a.json").memory_bytes.tolist() == [found]


@pytest.mark.parametrize(
    ("het", "name"),
    [
        *((None, "7"), ({"job_id": 0, "job_offset": None}, "7"), ({"job_id": 5, "job_offset": 0}, "5+0")),
        *(({"job_id": 5, "job_offset": wrapped(1)}, "5+1"), ({"job_id": 0, "job_offset": wrapped(None)}, "7")),
    ],
)
def test_parts_of_heterogeneous_jobs_in_json(het, name):
    assert read_sacct(history(het=het), "a.json").names == (name,)


@pytest.mark.parametrize(
    "state", ["FAILED", {"current": "FAILED"}, {"current": ["FAILED"], "reason": "NonZeroExitCode"}]
)
def test_states_in_json(state):
    assert len(read_sacct(history(state=state), "a.json")) == 1


@pytest.mark.parametrize(
    ("limit", "array"),
    [
        *((60, {"array_job_id": 7, "array_task_id": None, "array_task_string": "1-2%1"}),),
        *(((1 << 32) - 1, {"array_job_id": wrapped(7), "array_task_id": wrapped(None), "array_task_string": "1,2"}),),
    ],
)
def test_queues_in_json(limit, array):
    jobs = [
        {"job_id": 7, "job_state": "PENDING", "cpus": wrapped(4), "submit_time": 900, "time_limit": limit, **array},
        {"job_id": 9, "job_state": ["RUNNING", "COMPLETING"], "cpus": 4, "start_time": wrapped(950), "time_limit": 5},
    ]
    state = read_squeue(json.dumps({"jobs": jobs}).encode(), "q.json", now_s=1000)
    wanted = 3600 if limit == 60 else None
    assert [(one.name, one.limit_s) for one in state.queued] == [("7_1", wanted), ("7_2", wanted)]
    assert [(one.name, one.start_s, one.limit_s) for one in state.running] == [("9", 950, 300)]
