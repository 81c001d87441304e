from __future__ import annotations

import json
from random import Random

import pytest
from test_trace_mutations import mutated

from placewise.errors import InputError
from placewise.formats.queues import squeue
from placewise.formats.queues.reading import read_queue_state
from placewise.formats.queues.squeue import read_squeue
from placewise.model.requirements.requirement import Requirement
from placewise.model.traces.queue_state import QueuedJob, RunningJob

NAMES = "JOBID|PARTITION|STATE|CPUS|START_TIME|TIME|TIME_LIMIT|SUBMIT_TIME|PRIORITY|REASON|FEATURES"
RUNS = "1|cpu|RUNNING|8|2026-03-01T10:00:00|1:00:00|1-00:00:00|2026-03-01T09:00:00|10|None|(null)"
WAITS = "2|cpu,gpu|PENDING|16|N/A|0:00|2:00:00|2026-03-01T10:30:00|20|Priority|a|b"
TEN = 1_772_359_200  # 2026-03-01T10:00:00 UTC


def read(*lines, **how):
    return read_squeue("\n".join((NAMES, *lines, "")).encode(), "q.txt", **how)


def test_what_runs_and_what_waits():
    state = read(RUNS, WAITS)
    assert state.running == (RunningJob("1", "cpu", 8, TEN, 86_400),)
    either = Requirement.parse("property{name=a} or property{name=b}")
    assert state.queued == (QueuedJob("2", "cpu,gpu", 16, TEN + 1800, 7200, (either,)),)
    # The job that started at ten has run for an hour.
    assert state.now_s == TEN + 3600
    assert (state.left_out, state.notes) == ((), ())


def test_the_moment_may_be_named():
    state = read(RUNS.replace("2026-03-01T10:00:00", "N/A"), WAITS, now_s=TEN + 7200)
    assert (state.now_s, state.running[0].start_s) == (TEN + 7200, TEN + 3600)
    with pytest.raises(InputError, match="when it was written"):
        read(WAITS)
    assert read(WAITS, now_s=5).running == ()


def test_the_queue_is_in_order_of_priority_then_of_submission():
    def waiting(name, priority, minute):
        return f"{name}|cpu|PD|1|N/A|0:00|UNLIMITED|2026-03-01T10:{minute}:00|{priority}|Resources|"

    rows = [waiting("a", 5, 30), waiting("b", 9, 40), waiting("c", 5, 20), waiting("d", 5, 30)]
    state = read(*rows, now_s=TEN)
    assert [job.name for job in state.queued] == ["b", "c", "a", "d"]
    assert state.queued[0].limit_s is None


def test_tasks_of_a_waiting_array_are_jobs():
    def names(name):
        return [job.name for job in read(WAITS.replace("2|", f"{name}|", 1), now_s=TEN).queued]

    assert names("7_[1-3,9]") == ["7_1", "7_2", "7_3", "7_9"]
    assert names("7_[0-6:3%2]") == ["7_0", "7_3", "7_6"]
    assert names("7_4") == ["7_4"]
    state = read(RUNS, WAITS.replace("2|", "7_[0-9999999999]|", 1))
    assert (state.queued, len(state.notes)) == ((), 1)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (WAITS.replace("Priority", "JobHeldUser"), squeue.HELD),
        (WAITS.replace("Priority", "(Dependency)"), squeue.HELD),
        (WAITS.replace("PENDING", "SUSPENDED"), squeue.NEITHER),
        (WAITS.replace("2026-03-01T10:30:00", "N/A"), squeue.NO_SUBMIT),
        (WAITS.replace("|16|", "|0|"), squeue.NO_SIZE),
        (RUNS.replace("2026-03-01T10:00:00", "N/A").replace("1:00:00|1-", "|1-"), squeue.NO_START),
    ],
)
def test_what_does_not_compete_is_left_out_and_counted(line, reason):
    state = read(RUNS, line)
    assert (len(state.running), state.queued, state.left_out) == (1, (), ((reason, 1),))


def test_json_says_what_text_says(tmp_path):
    def number(value):
        return {"set": True, "infinite": False, "number": value}

    jobs = [
        {
            "job_id": 1,
            "partition": "cpu",
            "job_state": ["RUNNING"],
            "cpus": number(8),
            "start_time": number(TEN),
            "submit_time": TEN - 3600,
            "time_limit": number(1440),
            "priority": 10,
            "state_reason": "None",
            "features": "",
        },
        {
            "job_id": 2,
            "array_job_id": number(2),
            "array_task_string": "1-2",
            "partition": "cpu",
            "job_state": "PENDING",
            "cpus": 16,
            "submit_time": number(TEN),
            "time_limit": {"set": False, "infinite": True, "number": 0},
            "priority": number(20),
        },
    ]
    path = tmp_path / "q.json"
    path.write_text(json.dumps({"jobs": jobs, "last_update": number(TEN + 99)}))
    state = read_queue_state(path)
    assert state.now_s == TEN + 99
    assert state.running == (RunningJob("1", "cpu", 8, TEN, 86_400),)
    assert state.queued == tuple(QueuedJob(f"2_{task}", "cpu", 16, TEN, None) for task in (1, 2))


@pytest.mark.parametrize(
    "content", ["JOBID PARTITION NAME\n1 cpu x\n", "JOBID|STATE\n", "{", "[]", '{"jobs": 3}', f"{NAMES}\n{WAITS[:9]}\n"]
)
def test_what_is_none_is_refused(content):
    with pytest.raises(InputError):
        read_squeue(content.encode(), "q.txt")


def test_each_mutation_is_read_or_refused():
    random = Random(0)
    whole = "\n".join((NAMES, RUNS, WAITS, WAITS.replace("2|", "7_[1-3]|", 1))).encode()
    read = 0
    for _ in range(400):
        try:
            state = read_squeue(mutated(whole, random), "q.txt")
        except InputError:
            continue
        read += 1
        assert all(job.processors > 0 for job in (*state.running, *state.queued))
    assert read
