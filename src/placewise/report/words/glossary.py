"""The glossary of a report: every word once, for any kind of study."""

from __future__ import annotations

from placewise.model.results.results import Results
from placewise.report.words.names import BLAME, FAILS_ALONE, LIFT_ALONE, LOSS_IF_DROPPED
from placewise.report.words.truth import without_rules

Entries = tuple[tuple[str, str], ...]

GENERAL: Entries = (
    ("cluster", "A named pool of resources. A fleet is a set of clusters."),
    ("job", "What is to run, and what it requires of the cluster that runs it. A build of a package is a job."),
    ("subsystem", "One kind of thing that a cluster has and a job may need: a compiler, a package, an architecture."),
    ("metadata", "What a submission says about the requirements of its job. The scheduler sees nothing else."),
    ("level", "One choice of metadata: none, all, or metadata on some subsystems."),
    ("submission", "A job at one level of metadata. In none and all each job is one submission."),
    ("match", "A cluster that meets the metadata of a submission, whether it is free or not."),
    ("unmatched", "A submission for which no cluster meets the metadata."),
    ("assigned", "A job with a cluster: one that matches, drawn at random unless a policy selects one."),
    ("outcome rule", "What must really hold on the assigned cluster for the job to succeed."),
    ("success", "The share of all submissions that succeed; those without a cluster count as failed."),
    ("success of matched jobs", "The share of the submissions given a cluster that succeed there."),
    ("ceiling", "The most that can succeed on this fleet: each job on the best cluster for it."),
    ("could succeed", "The share of the jobs that need a subsystem and would succeed on some cluster."),
    ("marginal score", "The share of a job's outcome rules that hold on the assigned cluster."),
    ("rules that hold", "Outcome rules that hold, out of all, summed over the submissions given a cluster."),
    ("precision", "Of the (submission, cluster) pairs that match, the share that would succeed."),
    ("recall", "Of the (submission, cluster) pairs that would succeed, the share that match."),
    ("none", "The experiment without metadata."),
    (
        "single",
        "The experiment with metadata on each subsystem alone: one submission per job and subsystem that it needs.",
    ),
    ("expanding", "The experiment that adds metadata on one subsystem after the other while some cluster matches."),
    (
        "success at the last level",
        "The share of all jobs that succeed at the last level of expanding at which they match a cluster.",
    ),
    ("all", "The experiment with all metadata."),
    (
        "mean over subsystems",
        "A mean in which every subsystem counts once. In other means every submission counts once.",
    ),
    (
        "corrected scoring",
        "A version on a bound is in range; a compiler older than the build's is too old.",
    ),
    (
        "published scoring",
        "As in the prior work: a version on a bound is out of range; a compiler newer than the build's is too old.",
    ),
)

LEVELS: Entries = (
    ("exact version", "The cluster must have the job's compiler in exactly the version of its build."),
    ("version at least", "The cluster must have the job's compiler in that version or a newer one."),
    ("memory", "The cluster must have at least the most memory that the job used."),
    ("memory range", "At least the most memory that the job used, and no more than a few times that."),
    ("all full", "A job whose matching clusters have no free nodes left."),
    ("refused", "A job for which the policy selects none of the matching clusters that have free nodes."),
    ("one chosen", "With all metadata, a policy selects one of the clusters that match, by default the cheapest."),
    ("additional runtime", "The runtime predicted at the memory of the assigned cluster, less a reference runtime."),
    ("additional cost", "Additional runtime in hours times the price of a node hour of the cluster: price units."),
    ("best-memory", "A reference: the runtime that the model predicts at the memory of the package's fastest build."),
    ("fastest", "A reference: the mean duration of the fastest tenth of the package's builds."),
    ("outside the range", "Predicted at a memory that no build of the package had: an extrapolation."),
    ("price units", "The unit of cost_per_node_hour, such as euros: the price of one node for one hour."),
)

WORTH: Entries = (
    (
        "Shapley value",
        "What metadata on a subsystem adds to success, averaged over all orders (Shapley, 1953).",
    ),
    (LIFT_ALONE, "What metadata on one subsystem alone adds to the success without metadata."),
    (LOSS_IF_DROPPED, "What is lost from the success with all metadata when one subsystem has none."),
    ("incompatible", "A (job, cluster) pair for which the job would fail there."),
    (BLAME, "Incompatible pairs, each divided equally among the subsystems that it fails."),
    (FAILS_ALONE, "Incompatible pairs in which the subsystem is the only requirement that fails."),
)

SUFFICIENCY: Entries = (
    ("greedy order", "The order in which each step adds the subsystem that raises success most."),
    ("suffices", "A set of subsystems suffices if metadata on it alone reaches the target share of the ceiling."),
)

FRONT: Entries = (
    (
        "Pareto front",
        "The Pareto-optimal levels: no other level found is at least as good in every measure shown and better in one.",
    ),
)

INTERVALS: Entries = (
    (
        "interval",
        "What the number would be on other draws of the thing named: the central 95 %, unless it says otherwise.",
    ),
    ("percentile", "The amount below which that percentage of the draws lies."),
    ("wrong metadata", "Entries of a cluster replaced by another cluster's, unknown to the scheduler."),
    ("missing metadata", "Entries of a cluster that the scheduler does not see."),
    ("width of ranges", "How many more versions a job accepts at each end of its version range."),
)

MODELS: Entries = (
    ("memory of a build", "The mean memory that a build used while it ran."),
    ("linear", "Duration = intercept + slope * memory. It can fall below zero outside the memory seen."),
    ("log-linear", "A power law: log duration is a straight line in log memory. Never below zero."),
    ("knn", "The mean duration of the five builds nearest in memory. Level outside the memory seen."),
    ("the mean", "The mean duration at any memory. A model that is no better shows that memory does not help."),
    ("error", "Mean absolute error on builds that a model was not fitted to, as a share of the mean duration."),
    ("slope", "The slope of the linear model. Above zero, builds that used more memory took longer."),
    ("memory seen", "From the least to the most memory of the builds; a prediction outside is flagged."),
)


EVIDENCE: Entries = (
    ("record", "Something that ran, in an environment, and succeeded or failed."),
    ("fact", "What is known of a record: the version of its package, of a dependency, of its compiler."),
    ("held out", "Not learned from: a forecast counts only for records that its model has not seen."),
    ("log loss", "The mean of minus the logarithm of the probability that was forecast for what happened, in nats."),
    ("Brier score", "The mean squared distance of forecast and outcome."),
    ("AUC", "How often a record that succeeded is forecast above one that failed; 0.5 by chance."),
    ("within packages", "Records are compared only within one package, so knowing the package gains nothing."),
    ("calibration error", "The mean distance of forecast and frequency, over ten equal steps of the forecast."),
    ("Shapley value", "How far a group of facts lowers the log loss, averaged over all orders of adding groups."),
    ("alternatives", "Records of one package in one version, held out together: real environments to choose from."),
    ("accept", "A job accepts a record of its package if its requirements hold in the record's environment."),
)


REPLAYS: Entries = (
    ("trace", "Recorded jobs with the times at which they were submitted, and how long they ran."),
    ("attempt", "A submission of a job, to its end. A job that failed may be submitted again."),
    ("wait", "From a submission to the start, added up over the attempts of a job."),
    ("turnaround", "From a job's first submission to its last end; also called flow time."),
    ("slowdown", "Turnaround divided by runtime."),
    ("bounded slowdown", "max(1, turnaround / max(runtime, 10 s)), so that the shortest jobs do not decide it."),
    ("utilisation", "The share of all processor-seconds between the first submission and the last end that is used."),
    ("makespan", "From the first submission to the last end."),
    ("wasted", "What failed attempts used."),
    (
        "fcfs, sjf",
        "Jobs start in the order of submission (fcfs) or of their limits (sjf); none passes the first in the queue.",
    ),
    ("easy", "The first in the queue has a reservation; others start before it if they do not delay it."),
    ("easy-sjbf", "As easy, but among the jobs that may pass, the one with the shortest limit comes first."),
    ("conservative", "Every job has a reservation from its submission on, and none is delayed."),
    ("estimate", "The runtime that planning assumes for a job, such as its limit."),
    (
        "Jain's index",
        "How equal the mean bounded slowdowns of n users are: 1 if all are equal, 1 / n if one user has it all.",
    ),
    ("interval", "The central 95 % of a mean, when whole weeks of jobs are drawn again and again."),
    ("p95, p99", "The amounts below which 95 and 99 percent of the jobs lie."),
)


def glossary(results: Results) -> Entries:
    """Return the words that a report of these results uses."""
    costs = any(level.costs for level in results.levels)
    uncertain = results.headlines or results.differences or results.fleets or results.sensitivity
    parts = (
        (REPLAYS, results.timed is not None),
        (EVIDENCE, results.evidence is not None),
        (
            without_rules(GENERAL, results.truth),
            bool(results.scores) or (results.evidence is None and results.timed is None),
        ),
        (LEVELS, bool(results.levels)),
        (WORTH, results.worth is not None),
        (SUFFICIENCY, results.sufficiency is not None),
        (FRONT, bool(results.front) or costs),
        (INTERVALS, bool(uncertain)),
        (MODELS, results.models is not None),
    )
    return tuple(entry for entries, used in parts if used for entry in entries)


_FITTING: Entries = (
    ("cluster", "A named pool of resources. A fleet is a set of clusters."),
    ("fits, matches", "The cluster meets all requirements of the job, whether it is free or not."),
    ("may fit", "The description of the cluster does not say enough to know whether the job fits."),
    ("requirement", "What must hold where the job runs, such as perl@5.32: for Perl 5.32 or newer."),
    ("subsystem", "One kind of thing that a cluster has and a job may need: a compiler, a package, an architecture."),
)

EXPLANATIONS: Entries = (
    *_FITTING,
    ("relax", "To require less: a wider range of versions, or one requirement fewer."),
    ("node-hour", "One node for an hour; a processor-hour is one core for an hour."),
    ("queue", "The jobs that run and wait on a cluster, as its batch system listed them."),
)

DIFFERENCES: Entries = (
    *_FITTING,
    ("new, gone", "A cluster that only the second fleet has, or only the first."),
    ("renamed", "A cluster with another name and nothing else changed; jobs neither lose nor gain it."),
    (
        "loses, gains",
        "The cluster matches the job in the first fleet and not in the second, or the other way round.",
    ),
    ("->", "Before the arrow is the old value, after it the new one."),
    ("+, -, ~", "How many nodes or subsystems are new, gone, and changed."),
)
