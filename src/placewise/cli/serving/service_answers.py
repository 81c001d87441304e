"""A scheduler's answers as documents and as tables."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from placewise.model.scalar import counted
from placewise.report.data.jobs.explanation import explanation_document
from placewise.report.terminal.tables import print_table

if TYPE_CHECKING:
    from rich.console import Console, JustifyMethod

    from placewise.service.client import Assignment, ClusterRecord, JobRecord, Matched, Scores, Submission

_LEFT: JustifyMethod = "left"


def submission_document(done: Submission) -> dict[str, Any]:
    """Return what became of a submitted job."""
    return {
        "job_id": done.job_id,
        "cluster": done.cluster,
        "state": str(done.state),
        "matching_clusters": done.matching_clusters,
        "total_clusters": done.total_clusters,
        "reason": done.reason,
        "explanation": None if done.explanation is None else explanation_document(done.explanation),
        "unknown": list(done.unknown),
        "incomparable": [
            {"cluster": one.cluster, "requirement": one.requirement, "problem": one.problem}
            for one in done.incomparable
        ],
        "scores": None if done.scores is None else _scores_document(done.scores),
    }


def score_line(done: Submission) -> str:
    """Say which wishes hold where a job goes, and what they count; empty for a job without wishes."""
    for one in done.scores.clusters if done.scores else ():
        if done.scores and one.cluster == done.cluster:
            wishes = [done.scores.wishes[number] for number in one.held]
            held = "; ".join(f"{wish.weight:+g} {wish.wish}" for wish in wishes) or "none holds"
            return f"its wishes count {one.score:g} there: {held}"
    return ""


def _scores_document(found: Scores) -> list[dict[str, Any]]:
    return [
        {
            "cluster": one.cluster,
            "score": one.score,
            "wishes": [
                {"wish": wish.wish, "weight": wish.weight, "holds": number in one.held}
                for number, wish in enumerate(found.wishes)
            ],
        }
        for one in found.clusters
    ]


def undecided_lines(answer: Submission | Matched, *, most: int) -> list[str]:
    """Say of which clusters it cannot be said whether they match, `most` of them by name."""
    lines = []
    if answer.unknown:
        count = counted(len(answer.unknown), "cluster")
        lines.append(f"{count} may match, if what is not described there is as asked: {_some(answer.unknown, most)}")
    shown = answer.incomparable[:most]
    lines += [f"{one.cluster} cannot be compared with {one.requirement}: {one.problem}" for one in shown]
    rest = len(answer.incomparable) - len(shown)
    return lines + ([f"{counted(rest, 'further cluster')} cannot be compared with what is asked"] if rest else [])


def _some(names: Sequence[str], most: int) -> str:
    rest = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + rest


def cluster_document(cluster: ClusterRecord) -> dict[str, Any]:
    """Return a registered cluster; times are those of ISO 8601, in UTC."""
    return {
        "name": cluster.name,
        "nodes": cluster.nodes,
        "subsystems": list(cluster.subsystems),
        "state": dict(cluster.state),
        "waiting": cluster.waiting,
        "running": cluster.running,
        "registered_at": _time(cluster.registered_at),
        "updated_at": _time(cluster.updated_at),
        "agents": [
            {"name": one.name, "heard_at": _time(one.heard_at), "live": one.live, "running": one.running}
            for one in cluster.agents
        ],
    }


def job_document(job: JobRecord) -> dict[str, Any]:
    """Return a job; one of a list has neither jobspec nor command nor history."""
    document = {
        "id": job.id,
        "name": job.name,
        "cluster": job.cluster,
        "state": str(job.state),
        "submitted_at": _time(job.submitted_at),
        "changed_at": _time(job.changed_at),
        "reason": job.reason,
        "duration_s": job.duration_s,
        "agent": job.agent,
        "attempts": job.attempts,
    }
    if not job.history:
        return document
    history = [{"state": str(one.state), "at": _time(one.at), "detail": one.detail} for one in job.history]
    return document | {"jobspec": job.jobspec, "command": list(job.command), "history": history}


def assignment_document(job: Assignment, *, accepted: bool) -> dict[str, Any]:
    """Return a received job with its lease."""
    return {
        "id": job.job_id,
        "name": job.name,
        "jobspec": job.jobspec,
        "command": list(job.command),
        "lease": job.lease,
        "lease_until": _time(job.lease_until),
        "accepted": accepted,
    }


def assignment_line(job: Assignment) -> str:
    """Return a received job's id, name and command in one line."""
    return f"{job.job_id} {job.name}: {shlex.join(job.command)}"


def print_clusters(clusters: Sequence[ClusterRecord], console: Console) -> None:
    """Print clusters with their queues, and the agents that send heartbeats."""
    rows = [
        (one.name, str(one.nodes), str(len(one.subsystems)), str(one.waiting), str(one.running), _clock(one.updated_at))
        for one in clusters
    ]
    numbers = ("nodes", "subsystems", "waiting", "running")
    headings: dict[str, JustifyMethod] = {"cluster": "left", **dict.fromkeys(numbers, "right"), "updated": "left"}
    print_table(counted(len(clusters), "cluster"), headings, rows, console)
    agents = [
        (cluster.name, one.name, "live" if one.live else "lost", str(one.running), _clock(one.heard_at))
        for cluster in clusters
        for one in cluster.agents
    ]
    if agents:
        headings = dict.fromkeys(("cluster", "agent", "state", "running", "last heard"), _LEFT)
        print_table(counted(len(agents), "agent"), headings | {"running": "right"}, agents, console)


def print_jobs(jobs: Sequence[JobRecord], console: Console) -> None:
    """Print jobs, a line each."""
    rows = [
        (str(one.id), one.name, str(one.state), one.cluster or "", _clock(one.changed_at), one.reason) for one in jobs
    ]
    headings = dict.fromkeys(("job", "name", "state", "cluster", "since", "reason"), _LEFT)
    print_table(f"The newest {len(jobs)} jobs", headings, rows, console)


def print_job(job: JobRecord, console: Console) -> None:
    """Print one job and its history."""
    facts = {
        "name": job.name,
        "state": str(job.state),
        "cluster": job.cluster or "none",
        "command": shlex.join(job.command),
        "agent": job.agent or "",
        "attempts": str(job.attempts) if job.attempts > 1 else "",
        "duration": "" if job.duration_s is None else f"{job.duration_s:g} s",
        "reason": job.reason,
    }
    print_table(f"Job {job.id}", {"": _LEFT, " ": _LEFT}, [(k, v) for k, v in facts.items() if v], console)
    rows = [(_clock(event.at), str(event.state), event.detail) for event in job.history]
    print_table("History", dict.fromkeys(("at", "state", "detail"), _LEFT), rows, console)


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(sep=" ", timespec="milliseconds")


def _clock(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S} UTC"
