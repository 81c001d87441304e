"""What runs and what waits, from what sacct writes; and one reader for all that says so."""

from __future__ import annotations

import gzip
import json
from random import Random

import pytest
from test_trace_mutations import mutated

from placewise.errors import InputError
from placewise.formats.queues import of_sacct, squeue
from placewise.formats.queues.of_sacct import read_sacct_queue
from placewise.formats.queues.reading import EXPECTED, read_queue_state
from placewise.formats.traces.slurm import sacct
from placewise.model.requirements.requirement import Requirement
from placewise.model.traces.queue_state import QueuedJob, RunningJob

NAMES = (
    "JobID|Cluster|Partition|State|ReqCPUS|AllocCPUS|Submit|Eligible|Start|End|Elapsed|Timelimit|Priority|"
    "Reason|Constraints"
)
NINE, HALF = "2026-03-01T09:00:00", "2026-03-01T10:30:00"
RUNS = f"1|hill|cpu|RUNNING|8|8|{NINE}|{NINE}|2026-03-01T10:00:00|Unknown|01:00:00|1-00:00:00|10|None|"
WAITS = f"2|hill|cpu,gpu|PENDING|16|0|{HALF}|{HALF}|Unknown|Unknown|00:00:00|02:00:00|20|Priority|a|b"
OVER = RUNS.replace("1|", "3|", 1).replace("RUNNING", "COMPLETED").replace("Unknown", "2026-03-01T11:00:00")
TEN = 1_772_359_200  # 2026-03-01T10:00:00 UTC
HOUR = 3600


def read(*lines, **how):
    return read_sacct_queue("\n".join((NAMES, *lines, "")).encode(), "s.txt", **how)


def test_what_runs_and_what_waits():
    state = read(RUNS, WAITS, OVER)
    either = Requirement.parse("property{name=a} or property{name=b}")
    assert state.now_s == TEN + HOUR
    assert state.running == (RunningJob("1", "cpu", 8, TEN, 86_400, "hill"),)
    assert state.queued == (QueuedJob("2", "cpu,gpu", 16, TEN + 1800, 7200, (either,), "hill"),)
    assert (state.left_out, state.notes) == (((of_sacct.OVER, 1),), ())
    assert not state.is_virtual


def test_an_earlier_moment():
    """Who has ended since ran then, and who has started since waited."""
    lines = (OVER, RUNS.replace("1|", "4|", 1), WAITS)
    state = read(*lines, now_s=TEN - 60)
    assert (state.running, [job.name for job in state.queued]) == ((), ["3", "4"])
    assert state.left_out == ((of_sacct.LATER, 1),)
    # All start at ten: from that second on they run, and in the second of their end they are over.
    assert [job.name for job in read(*lines, now_s=TEN).running] == ["3", "4"]
    assert [job.name for job in read(*lines, now_s=TEN + HOUR - 1).running] == ["3", "4"]
    assert [job.name for job in read(*lines, now_s=TEN + HOUR).running] == ["4"]


def test_the_queue_is_in_order_of_priority_then_of_submission():
    rows = [WAITS.replace("2|", f"{name}|", 1).replace("|20|", f"|{high}|") for name, high in (("a", 5), ("b", 9))]
    rows.append(rows[0].replace("a|", "c|", 1).replace("T10:30:00", "T10:20:00"))
    assert [job.name for job in read(*rows, now_s=TEN + HOUR).queued] == ["b", "c", "a"]


def test_tasks_of_a_waiting_array_are_jobs():
    array = WAITS.replace("2|", "7_[4-10:3%2]|", 1)
    assert [job.name for job in read(array, now_s=TEN + HOUR).queued] == ["7_4", "7_7", "7_10"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (WAITS.replace("Priority", "JobHeldUser"), squeue.HELD),
        (WAITS.replace("|2026-03-01T10:30:00|Unk", "|2026-03-02T00:00:00|Unk"), squeue.HELD),
        (WAITS.replace("PENDING", "REQUEUE_HOLD"), squeue.HELD),
        (RUNS.replace("RUNNING", "SUSPENDED"), squeue.NEITHER),
        (RUNS.replace("|2026-03-01T10:00:00|", "|Unknown|"), squeue.NO_START),
        (WAITS.replace("2026-03-01T10:30:00", "Unknown"), squeue.NO_SUBMIT),
        (WAITS.replace("|16|", "|0|"), squeue.NO_SIZE),
        (RUNS.replace("1|", "1.batch|", 1), sacct.STEP),
        (WAITS.replace("PENDING", "CANCELLED by 5"), sacct.NEVER_STARTED),
    ],
)
def test_what_does_not_compete_is_left_out_and_counted(line, reason):
    state = read(RUNS, line)
    assert (len(state.running), state.queued, state.left_out) == (1, (), ((reason, 1),))


def test_nobody_says_which_moment():
    with pytest.raises(InputError, match="when it was written"):
        read(WAITS)
    with pytest.raises(InputError, match="when it was written"):
        read(OVER)
    assert read(OVER, now_s=TEN + 7 * HOUR).running == ()


def job(number, **changes):
    times = {"submission": TEN, "eligible": TEN, "start": 0, "end": 0, "elapsed": 0, "limit": 60}
    times |= changes.pop("time", {})
    return {
        "job_id": number,
        "cluster": "hill",
        "partition": "cpu",
        "time": times,
        "state": {"current": ["PENDING"], "reason": "Priority"},
        "required": {"CPUs": 4},
        "priority": {"set": True, "infinite": False, "number": 7},
        **changes,
    }


def document(*jobs):
    return json.dumps({"jobs": jobs}).encode()


def test_json_says_what_text_says():
    running = job(1, state={"current": "RUNNING", "reason": "None"}, time={"start": TEN, "elapsed": 99})
    waiting = job(5, array={"job_id": 5, "task": "1-2", "task_id": None})
    held = job(6, state={"current": ["PENDING"], "reason": "JobHeldUser"})
    state = read_sacct_queue(document(running, waiting, held), "s.json")
    assert (state.now_s, state.running) == (TEN + 99, (RunningJob("1", "cpu", 4, TEN, HOUR, "hill"),))
    assert [(one.name, one.limit_s) for one in state.queued] == [("5_[1-2]".replace("[1-2]", n), HOUR) for n in "12"]
    assert state.left_out == ((squeue.HELD, 1),)


def written(folder, name, content):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_one_reader_sees_what_it_is(tmp_path):
    of_squeue = "JOBID|PARTITION|STATE|CPUS|START_TIME|TIME|TIME_LIMIT\n1|cpu|RUNNING|8|2026-03-01T10:00:00|1:00|1:00\n"
    in_json = {"job_id": 1, "job_state": ["RUNNING"], "cpus": 8, "start_time": TEN, "partition": "cpu", "name": "sub"}
    for name, content in {
        "a.txt": f"{NAMES}\n{RUNS}\n",
        "b.txt": of_squeue,
        "b.txt.gz": gzip.compress(of_squeue.encode()),
        "c.json": document(job(1, state="RUNNING", time={"start": TEN, "elapsed": 9}, name='"job_state": 1')),
        "d.json": json.dumps({"jobs": [in_json], "last_update": TEN + 5}),
        "e.txt": f"\nCLUSTER: hill\n{of_squeue}",
    }.items():
        state = read_queue_state(written(tmp_path, name, content))
        assert [one.name for one in state.running] == ["1"], name


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.swf", "; Version: 2.2\n1 0 0 1 1 -1 -1 1 1 -1 1 1 1 1 1 1 -1 -1\n"),
        ("b.txt", "JOBID PARTITION NAME USER ST TIME NODES NODELIST(REASON)\n1 cpu x ada R 1:00 1 n1\n"),
        ("c.json", '{"nodes": []}'),
        ("d.csv", "a,b\n1,2\n"),
        ("e.parquet", b"PAR1 and no more"),
        ("f.txt", "\x00\x01\x02"),
        ("g.txt", "User|Account\nada|math\n"),
    ],
)
def test_what_is_none_of_these_has_one_error(tmp_path, name, content):
    with pytest.raises(InputError) as error:
        read_queue_state(written(tmp_path, name, content), now_s=5)
    assert error.value.expected == EXPECTED
    with pytest.raises(InputError) as error:
        read_queue_state(tmp_path, now_s=5)
    assert error.value.expected == EXPECTED


def test_clusters_of_one_squeue():
    names = "JOBID|STATE|CPUS|START_TIME|TIME|TIME_LIMIT"
    row = "{}|RUNNING|1|2026-03-01T10:00:00|1:00|1:00"
    text = f"CLUSTER: hill\n{names}\n{row.format(1)}\n\nCLUSTER: dale\n{names}\n{row.format(2)}\n"
    state = squeue.read_squeue(text.encode(), "q.txt")
    assert [(one.name, one.cluster) for one in state.running] == [("1", "hill"), ("2", "dale")]
    assert (state.left_out, state.notes) == ((), ())


def test_each_mutation_is_read_or_refused(tmp_path):
    random = Random(0)
    whole = "\n".join((NAMES, RUNS, WAITS, OVER, WAITS.replace("2|", "7_[1-3]|", 1), "")).encode()
    read = 0
    for number in range(300):
        path = written(tmp_path, f"{number}.txt", mutated(whole, random) or b"\n")
        try:
            state = read_queue_state(path, now_s=TEN if number % 2 else None)
        except InputError:
            continue
        read += 1
        assert all(one.processors > 0 for one in (*state.running, *state.queued))
    assert read
