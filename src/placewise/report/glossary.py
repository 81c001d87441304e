"""The words of a report, for readers who meet them for the first time."""

from __future__ import annotations

GLOSSARY: tuple[tuple[str, str], ...] = (
    ("cluster", "A named pool of resources. A fleet is a set of clusters."),
    ("job", "A request: what must hold where it runs, and what it runs."),
    ("subsystem", "One kind of thing that a cluster has and a job may need: a compiler, a package, an architecture."),
    ("told", "What the scheduler knows of a job's needs, by subsystem. The outcome does not depend on it."),
    ("level", "How many of a job's subsystems are told."),
    ("submission", "A job at one level of telling. In none and all each job is one submission."),
    ("match", "The clusters that meet all that is told; whether they are free does not matter."),
    ("unmatched", "A submission for which no cluster meets what is told."),
    ("outcome rule", "What must really hold on the assigned cluster for the job to succeed."),
    ("build success", "The share of matched submissions whose every outcome rule holds on the assigned cluster."),
    ("joint success", "The share of all submissions that succeed; an unmatched one counts as failed."),
    ("ceiling", "The share of jobs for which at least one cluster would succeed: the best that any scheduler can do."),
    ("marginal score", "The share of a job's outcome rules that hold on the assigned cluster."),
    ("versions in range", "Outcome rules that hold, out of all, summed over matched submissions."),
    ("precision", "Of the (submission, cluster) pairs that match, the share that would succeed."),
    ("recall", "Of the (submission, cluster) pairs that would succeed, the share that match."),
    ("none", "The experiment in which nothing is told."),
    ("single", "The experiment in which each subsystem is told alone, to the jobs that need it."),
    ("expanding", "The experiment in which subsystems are told one after the other while anything still matches."),
    ("all", "The experiment in which everything is told."),
    ("pooled", "A mean in which every submission counts once, against one in which every subsystem counts once."),
    ("corrected scoring", "A version is in range as it is when matching: both bounds belong to the range."),
    (
        "published scoring",
        "As the prior work scored: both bounds are outside the range, though matching includes them.",
    ),
)
