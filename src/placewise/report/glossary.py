"""The words of a report, for readers who meet them for the first time."""

from __future__ import annotations

_CORRECTED = (
    "A version is in range as it is when matching, both bounds included; of build records, a compiler is too old on a "
    "cluster whose version is older than the build's."
)
_PUBLISHED = (
    "As the code of the prior work scored. Version ranges: both bounds are outside the range, though matching includes "
    "them. Build records: the rule of the compiler is reversed, too old where the cluster's version is newer."
)
_SCORINGS = (("corrected scoring", _CORRECTED), ("published scoring", _PUBLISHED))

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
    *_SCORINGS,
)

LEVEL_GLOSSARY: tuple[tuple[str, str], ...] = (
    ("cluster", "A named pool of resources. A fleet is a set of clusters."),
    ("build", "A job that builds a package; its record says with which arch, compiler, memory and duration it built."),
    ("told", "What the scheduler knows of a build's needs. The outcome does not depend on it."),
    ("level", "One choice of what is told: subsystems, each with a form of condition."),
    ("exact version", "The cluster must have the build's compiler in the very version that it was built with."),
    ("version at least", "The cluster must have the build's compiler in that version or a newer one."),
    ("memory", "The cluster must have at least the most memory that the build used."),
    ("memory range", "At least that, and no more than a few times it: memory costs money."),
    ("match", "The clusters that meet all that is told; whether they are free does not matter."),
    ("unmatched", "A build for which no cluster meets what is told."),
    ("all full", "A build for which clusters match, but the nodes of all of them are used up."),
    ("refused", "A build for which clusters match that are not full, and the policy chooses none of them."),
    ("assigned", "A build that is given a cluster: any of those that match, unless a policy chooses one."),
    ("one chosen", "Everything is told and a policy chooses one of the clusters that match, the cheapest unless said."),
    ("outcome rule", "What must really hold on the assigned cluster for the build to succeed."),
    ("build success", "The share of assigned builds whose every outcome rule holds on their cluster."),
    ("joint success", "The share of all builds that succeed; one without a cluster counts as failed."),
    ("ceiling", "The share of builds for which some cluster would succeed: the best that any scheduler can do."),
    ("marginal score", "The share of a build's outcome rules that hold on the assigned cluster."),
    ("precision", "Of the (build, cluster) pairs that match, the share that would succeed."),
    ("recall", "Of the (build, cluster) pairs that would succeed, the share that match."),
    ("additional runtime", "The runtime predicted at the memory of the assigned cluster, less a reference runtime."),
    ("additional cost", "Additional runtime in hours times the price of a node hour of the cluster: price units."),
    ("best-memory", "A reference: the runtime that the model predicts at the memory of the package's fastest build."),
    ("fastest", "A reference: the mean duration of the fastest tenth of the package's builds."),
    ("outside the range", "Predicted at a memory that no build of the package had: an extrapolation."),
    ("price units", "The unit of cost_per_node_hour, whatever it is, for one hour of one node."),
    ("beaten by none", "No other level is as cheap and as successful, and better in one of the two."),
    *_SCORINGS,
)

WORTH_GLOSSARY: tuple[tuple[str, str], ...] = (
    (
        "Shapley value",
        (
            "What a subsystem adds to joint success, averaged over every order in which subsystems could come to be "
            "told; the values of all sum to what telling everything adds (Shapley, 1953)."
        ),
    ),
    ("single lift", "What telling one subsystem alone adds to telling nothing."),
    ("drop-one loss", "What leaving one subsystem out takes from telling everything."),
    (
        "blame",
        (
            "A (job, cluster) pair is incompatible if the job would fail there; each is divided equally among the "
            "subsystems that it fails."
        ),
    ),
    ("sole cause", "Incompatible pairs that fail on one subsystem and no other."),
)

SUFFICIENCY_GLOSSARY: tuple[tuple[str, str], ...] = (
    ("best first", "An order of telling in which each next subsystem is the one that adds most to those before it."),
    ("suffices", "A set of subsystems suffices if telling it alone reaches the target, a share of the ceiling."),
)

FRONT_GLOSSARY: tuple[tuple[str, str], ...] = (
    (
        "beaten by none",
        "No other level costs as little, leaves as many jobs a match, succeeds as often, and is better in one of them.",
    ),
)

INTERVAL_GLOSSARY: tuple[tuple[str, str], ...] = (
    (
        "interval",
        (
            "Where the central share of what was found lies, usually 95 %, when one thing is drawn again and again and "
            "all else stays as it is."
        ),
    ),
    ("percentile", "Such a share of the draws lies below."),
)

MODEL_GLOSSARY: tuple[tuple[str, str], ...] = (
    ("memory", "The mean memory that a build used while it ran."),
    ("linear", "Duration = intercept + slope * memory. It can fall below zero outside the memory seen."),
    ("log-linear", "A power law: log duration is a straight line in log memory. Never below zero."),
    ("knn", "The mean duration of the five builds nearest in memory. Level outside the memory seen."),
    ("the mean", "The mean duration, whatever the memory: what a model has to beat for memory to tell anything."),
    (
        "error",
        "Mean absolute error of predicting each build by models fitted without it, as a share of the mean duration.",
    ),
    ("slope", "Of the linear model. Above zero, builds that used more memory took longer."),
    ("memory seen", "From the least to the most memory of the builds; a prediction outside is flagged."),
)
