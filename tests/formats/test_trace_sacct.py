from __future__ import annotations

import json
import random

import pytest
from drawn_traces import plain

from placewise.errors import InputError
from placewise.formats.traces.read_trace import read_trace
from placewise.formats.traces.slurm import sacct
from placewise.formats.traces.slurm.rows import OTHER_FIELDS
from placewise.formats.traces.slurm.sacct import read_sacct
from placewise.model.requirements.requirement import Requirement
from placewise.model.traces.trace import UNKNOWN

JOB = {
    "JobIDRaw": "100",
    "User": "ada",
    "Group": "math",
    "Partition": "cpu",
    "Submit": "2026-03-01T10:00:00",
    "Start": "2026-03-01T10:01:00",
    "End": "2026-03-01T11:01:00",
    "ElapsedRaw": "3600",
    "TimelimitRaw": "120",
    "AllocCPUS": "8",
    "AllocNodes": "2",
    "ReqMem": "16G",
    "State": "COMPLETED",
    "Constraints": "",
}
GIB = 1 << 30


def text(*jobs, order=None, end=""):
    names = order or list(dict.fromkeys(name for job in jobs for name in job))
    return "".join(
        "|".join(row) + end + "\n" for row in (names, *([job.get(name, "") for name in names] for job in jobs))
    )


def read(*jobs, zone="UTC", **how):
    return read_sacct(text(*jobs, **how).encode(), "a.txt", zone)


def job(**changes):
    return {**JOB, **changes}


def test_each_column_is_read():
    trace = read(JOB)
    assert (trace.names, trace.submit_s.tolist(), trace.waited_s.tolist()) == (("100",), [0], [60])
    assert (trace.runtime_s.tolist(), trace.requested_s.tolist()) == ([3600], [7200])
    assert (trace.processors.tolist(), trace.requested_processors.tolist(), trace.nodes.tolist()) == (
        [8],
        [UNKNOWN],
        [2],
    )
    assert trace.memory_bytes.tolist() == [16 * GIB]
    assert [one.names for one in (trace.user, trace.group, trace.queue)] == [("ada",), ("math",), ("cpu",)]
    assert trace.start_unix_s == 1_772_359_200
    assert (trace.left_out, trace.notes) == ((), ())


def test_columns_come_in_any_order_and_with_either_ending():
    names = [*JOB, "Nonsense"]
    wanted = plain(read(JOB))
    for seed in range(5):
        random.Random(seed).shuffle(names)
        assert plain(read(JOB, order=names)) == wanted
    assert plain(read(JOB, end="|")) == wanted
    content = text(JOB).replace("\n", "\r\n").replace("JobIDRaw", "jobidraw%20")
    assert plain(read_sacct(content.encode("utf-8-sig"), "a.txt", "UTC")) == wanted


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({"ElapsedRaw": "", "Elapsed": "1-02:03:04"}, 93_784),
        ({"ElapsedRaw": "", "Elapsed": "00:03:04"}, 184),
        ({"ElapsedRaw": "", "Elapsed": "03:04"}, 184),
        ({"ElapsedRaw": ""}, 3600),
    ],
)
def test_elapsed_times(said, found):
    assert read(job(**said)).runtime_s.tolist() == [found]


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({"TimelimitRaw": "90"}, 5400),
        ({"TimelimitRaw": "", "Timelimit": "1-00:00:00"}, 86_400),
        ({"TimelimitRaw": "", "Timelimit": "UNLIMITED"}, UNKNOWN),
        ({"TimelimitRaw": "Partition_Limit"}, UNKNOWN),
        ({"TimelimitRaw": "", "Timelimit": "Partition_Limit"}, UNKNOWN),
        ({"TimelimitRaw": "UNLIMITED"}, UNKNOWN),
    ],
)
def test_limits(said, found):
    assert read(job(**said)).requested_s.tolist() == [found]


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("4000M", 4000 << 20),
        ("2Gc", 8 * 2 * GIB),
        ("2Gn", 2 * 2 * GIB),
        ("1.50G", 3 * GIB // 2),
        ("1T", 1024 * GIB),
        ("2048K", 2 << 20),
        ("4000", 4000 << 20),
        ("0n", UNKNOWN),
        ("", UNKNOWN),
        ("?", UNKNOWN),
    ],
)
def test_memory_is_of_the_whole_job(said, found):
    assert read(job(ReqMem=said)).memory_bytes.tolist() == [found]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"JobIDRaw": "100.batch"}, sacct.STEP),
        ({"JobIDRaw": "100.extern"}, sacct.STEP),
        ({"JobIDRaw": "100.0"}, sacct.STEP),
        ({"State": "RUNNING", "End": "Unknown"}, sacct.NOT_ENDED),
        ({"State": "PENDING", "Start": "Unknown", "End": "Unknown"}, sacct.NEVER_STARTED),
        ({"State": "CANCELLED by 123", "Start": "None", "ElapsedRaw": "0"}, sacct.NEVER_STARTED),
        ({"Submit": "Unknown"}, sacct.NO_SUBMIT),
        ({"ElapsedRaw": "", "End": "Unknown"}, sacct.NO_ELAPSED),
    ],
)
def test_what_is_no_ended_job_is_left_out_and_counted(changes, reason):
    trace = read(JOB, job(**changes), job(**changes))
    assert (len(trace), trace.left_out) == (1, ((reason, 2),))


@pytest.mark.parametrize("state", ["CANCELLED by 123", "CANCELLED+", "TIMEOUT", "NODE_FAIL", "OUT_OF_MEMORY", "FAILED"])
def test_a_job_that_ran_counts_however_it_ended(state):
    assert len(read(job(State=state))) == 1


def test_arrays_and_parts_of_heterogeneous_jobs_are_jobs():
    trace = read(job(JobIDRaw="123_4"), job(JobIDRaw="12+0"), job(JobIDRaw="12+1"))
    assert trace.names == ("123_4", "12+0", "12+1")
    assert trace.notes == ("Parts of heterogeneous jobs, each a job of its own here: 2.",)


@pytest.mark.parametrize(
    "changes",
    [
        *({"State": "MELTED"}, {"Submit": "yesterday"}, {"Submit": "9999-99-99T00:00:00"}, {"ElapsedRaw": "9" * 30}),
        *({"TimelimitRaw": "", "Timelimit": "soon"}, {"AllocCPUS": "NaN"}, {"ReqMem": "much"}, {"Constraints": "(a"}),
        *({"AllocCPUS": "1" + "0" * 30}, {"ReqMem": "9" * 40 + "G"}, {"Submit": "9" * 400}, {"State": ""}),
    ],
)
def test_what_is_not_understood_is_counted_and_the_first_is_shown(changes):
    trace = read(JOB, job(**changes), job(**changes))
    assert len(trace) == 1
    assert sum(count for _, count in trace.left_out) == 2
    assert "line 3" in trace.notes[0]
    with pytest.raises(InputError) as error:
        read(job(**changes))
    assert error.value.place.startswith("line 2")


def test_constraints_are_requirements():
    trace = read(job(Constraints="(skl|icx)&ib"), job(Constraints="(null)"), job(Constraints=""))
    wanted = Requirement.parse("(property{name=skl} or property{name=icx}) and property{name=ib}")
    assert [trace.asks[ask] for ask in trace.ask.tolist()] == [(wanted,), (), ()]


def test_gpus_are_counted():
    trace = read(job(ReqTRES="billing=8,cpu=8,gres/gpu=2,mem=16G"), job(AllocTRES="gres/gpu:a100=1,gres/gpu=1"), JOB)
    assert trace.gpus_milli.tolist() == [2000, 1000, UNKNOWN]


def test_times_are_of_a_zone():
    summer, winter = "2026-03-29T12:00:00", "2026-03-28T12:00:00"
    rows = (job(Submit=winter, Start=winter), job(JobIDRaw="101", Submit=summer, Start=summer))
    assert read(*rows, zone="Europe/Stockholm").submit_s.tolist() == [0, 23 * 3600]
    utc = read(*rows, zone=None)
    assert utc.submit_s.tolist() == [0, 24 * 3600]
    assert len(utc.notes) == 1
    epochs = read(job(Submit="1772359200", Start="1772359260", End="1772362860"), zone=None)
    assert (epochs.start_unix_s, epochs.notes) == (1_772_359_200, ())
    for zone in ("Mars/Olympus", "", "../../etc/passwd", "\x00"):
        with pytest.raises(InputError):
            read(JOB, zone=zone)


def test_a_line_of_another_length_is_counted():
    # Names of jobs may hold the sign that separates fields, and then nobody can say which is which.
    content = text(job(JobName="x"), job(JobName="a|b"))
    trace = read_sacct(content.encode(), "a.txt", "UTC")
    assert trace.left_out == ((OTHER_FIELDS, 1),)


def test_the_sign_for_or_in_a_constraint_is_no_end_of_a_field():
    names = [*JOB]
    for position in range(0, len(names), 4):
        order = [name for name in names if name != "Constraints"]
        order.insert(position, "Constraints")
        trace = read(job(Constraints="a|b|c"), order=order)
        assert trace.asks[1] == (Requirement.parse("property{name=a} or property{name=b} or property{name=c}"),)


@pytest.mark.parametrize("content", ["a|b\n1|2\n", "Submit|Submit|State\n", "|\n", text(JOB).split("\n")[0] + "\n"])
def test_what_is_no_history_is_refused(content):
    with pytest.raises(InputError):
        read_sacct(content.encode(), "a.txt")


def number(value):
    return {"set": True, "infinite": False, "number": value}


def document(**changes):
    one = {
        "job_id": 100,
        "user": "ada",
        "group": "math",
        "partition": "cpu",
        "time": {
            "submission": 1_772_359_200,
            "start": 1_772_359_260,
            "end": 1_772_362_860,
            "elapsed": 3600,
            "limit": number(120),
        },
        "state": {"current": ["COMPLETED"], "reason": "None"},
        "allocation_nodes": 2,
        "constraints": "",
        "tres": {
            "allocated": [{"type": "cpu", "name": "", "count": 8}, {"type": "gres", "name": "gpu", "count": 2}],
            "requested": [{"type": "mem", "name": "", "count": 16384}],
        },
        "het": {"job_id": 0, "job_offset": {"set": False, "infinite": False, "number": 0}},
    }
    return {"meta": {}, "jobs": [{**one, **changes}]}


def test_json_says_what_text_says():
    found = plain(read_sacct(json.dumps(document()).encode(), "a.txt"))
    wanted = plain(read(job(AllocTRES="gres/gpu=2")))
    assert {name for name in wanted if found[name] != wanted[name]} == set()


def test_json_of_other_versions(tmp_path):
    old = document(
        state="CANCELLED", time={**document()["jobs"][0]["time"], "limit": {"set": True, "infinite": True, "number": 0}}
    )
    old["jobs"][0] |= {
        "tres": {},
        "required": {"CPUs": 4, "memory_per_cpu": number(1024), "memory_per_node": number(0)},
    }
    (tmp_path / "a.json").write_text(json.dumps(old))
    trace = read_trace(tmp_path / "a.json")
    assert (trace.requested_s.tolist(), trace.requested_processors.tolist()) == ([UNKNOWN], [4])
    assert trace.memory_bytes.tolist() == [4 * GIB]


@pytest.mark.parametrize(
    "content", ["{", "{}", '{"jobs": 1}', '{"jobs": []}', '{"jobs": [1]}', '{"jobs": [{"time": 1}]}', "[]"]
)
def test_bad_json_is_refused(content):
    with pytest.raises(InputError):
        read_sacct(content.encode(), "a.json")
