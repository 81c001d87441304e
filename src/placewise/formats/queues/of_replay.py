"""What ran and what waited at a moment of a replay."""

from __future__ import annotations

import numpy as np

from placewise.errors import InputError, Words
from placewise.model.traces.queue_state import QueuedJob, QueueState, RunningJob
from placewise.model.traces.replayed import Replayed

NOWHERE = "no cluster is left for the job"


def state_of_replay(replayed: Replayed, now_s: int | None) -> QueueState:
    """Return who ran and who waited, on which cluster, after all events of a second of virtual time.

    Limits are what the replay planned with: under the estimates `exact` the runtimes, under `doubled` twice the limits;
    under `user-mean` the limits, since means are not kept. A job waits where the replay sent it.

    Raises InputError without a moment, for one queue for several clusters, and for parts of processors.
    """
    settings, trace, schedule = replayed.settings, replayed.trace, replayed.schedule
    if now_s is None:
        raise InputError(
            "is a replay, which needs a moment to look at", expected="--now SECONDS, in the replay's virtual time"
        )
    if settings.late and len(schedule.clusters) > 1:
        raise InputError("the replay has one queue for all clusters", expected="a replay with a queue for each cluster")
    if trace.processor_parts != 1:
        raise InputError(
            "the replay counts fractions of processors",
            found=Words(f"1/{trace.processor_parts} of a processor"),
            expected="whole processors",
        )
    limits = trace.requested_s * (2 if settings.estimates == "doubled" else 1)
    if settings.estimates == "exact":
        limits = np.maximum(trace.runtime_s, 1)
    notes = [f"The queues are those of a replay under {settings.policy}, with the estimates {settings.estimates}."]
    if settings.estimates == "user-mean":
        notes.append("Means of users are not in the files of a replay; limits are taken.")
    if settings.hold == "nodes":
        notes.append("Jobs held nodes; starts are planned by processors alone.")

    submitted = schedule.submit_s <= now_s
    begun = (schedule.start_s >= 0) & (schedule.start_s <= now_s)
    runs = np.flatnonzero(submitted & begun & (schedule.end_s > now_s))
    waits = np.flatnonzero(submitted & ~begun & (schedule.cluster >= 0))
    nowhere = int((submitted & (schedule.cluster < 0)).sum())

    def limit_of(job: int) -> int | None:
        return int(limits[job]) if limits[job] > 0 else None

    running = []
    for row in runs[np.argsort(schedule.start_s[runs], kind="stable")].tolist():
        job, place = int(schedule.job[row]), schedule.clusters[schedule.cluster[row]]
        size, start = int(schedule.processors[row]), int(schedule.start_s[row])
        running.append(RunningJob(str(trace.names[job]), place, size, start, limit_of(job), cluster=place))
    queued = []
    for row in waits.tolist():
        job, place = int(schedule.job[row]), schedule.clusters[schedule.cluster[row]]
        size, submit = int(schedule.processors[row]), int(schedule.submit_s[row])
        queued.append(QueuedJob(str(trace.names[job]), place, size, submit, limit_of(job), cluster=place))
    return QueueState(
        now_s,
        tuple(running),
        tuple(queued),
        ((NOWHERE, nowhere),) if nowhere else (),
        tuple(notes),
        is_virtual=True,
    )
