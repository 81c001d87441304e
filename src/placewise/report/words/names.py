"""The words for experiments, levels of metadata, reasons, quantities and settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from placewise.model.quantities import CEILING, FLEET, MACRO, SUCCESS, UNMATCHED
from placewise.model.results.results import LevelResult, Results
from placewise.model.scalar import counted
from placewise.model.studies.study import EXPERIMENTS, WITH_REPLACEMENT, WITHOUT_REPLACEMENT, folder_name
from placewise.report.data.studies.experiments import total_jobs
from placewise.report.data.studies.levels import AT_LEAST, EXACT, LevelRow, group_of, is_chosen
from placewise.report.data.studies.uncertainty import is_share
from placewise.report.words.numbers import jobs, number, share, shown
from placewise.report.words.truth import truth_line

SUCCESS_OF_MATCHED_WORDS = "success of matched jobs"
LIFT_ALONE, LOSS_IF_DROPPED, BLAME, FAILS_ALONE = "lift alone", "loss if dropped", "blame", "fails alone"
"""What metadata on one subsystem adds alone, what is lost without it alone, its part of the incompatible pairs, and
the pairs that fail on it only."""
NO_METADATA, ALL_METADATA = "no metadata", "all metadata"
GROUPS = ("", "metadata on one thing", "metadata on several", "all metadata, then one cluster chosen")
"""Headings of the groups of levels, by `group_of`."""
SHORT_GROUPS = (NO_METADATA, "on one thing", "on several", "one chosen")
KIND_WORDS = {
    "none": NO_METADATA,
    "single": "on one subsystem",
    "pair": "on two subsystems",
    "greedy": "in greedy order",
    "swap": "greedy, some swapped",
    "set": "a set",
    "all": ALL_METADATA,
}

_LONGEST_WORD = 20
_NAMED = 3
_EXPERIMENTS = {folder_name(word): word for word in EXPERIMENTS}
_QUESTIONS = {EXACT: "compiler + exact version", AT_LEAST: "compiler + version at least"}
_CHOSEN = {WITH_REPLACEMENT: "nodes without limit", WITHOUT_REPLACEMENT: "nodes used up"}
_POLICIES = {"cheapest": "the cheapest", "fastest": "the fastest", "random": "any"}
_QUANTITIES = {MACRO: "success of matched jobs, mean over subsystems", UNMATCHED: "share of unmatched jobs"}
_SETTINGS = {
    "clusters": ("clusters in the fleet", "count"),
    "range width": ("width of ranges", "versions added at each end"),
    "wrong metadata": ("wrong metadata", "share of entries"),
    "missing metadata": ("missing metadata", "share of entries"),
}
_REFERENCES = {
    "best-memory": "the runtime predicted at the memory of the package's fastest build",
    "fastest": "the mean of the fastest 10 % of the package's builds",
}


def level_rows(results: Results) -> tuple[LevelRow, ...]:
    """List the levels group by group, else in the order of the study, each under words of its own."""
    policy = policy_word(results)
    words = [level_word(level, policy) for level in results.levels]
    rows = [
        LevelRow(level, word if words.count(word) == 1 else f"{word} ({shown(level.name)})", group_of(level))
        for level, word in zip(results.levels, words, strict=True)
    ]
    return tuple(sorted(rows, key=lambda row: row.group))


def experiment_word(name: str) -> str:
    """Return the word for an experiment of a results folder; an unknown name is its own, made fit to be shown."""
    return _EXPERIMENTS.get(name) or shown(name, _LONGEST_WORD)


def question_word(name: str) -> str:
    """Return the words for what a question asks; an unknown name is its own, with spaces."""
    return _QUESTIONS.get(name) or shown(name.replace("-", " ").replace("_", " "))


def metadata_label(metadata: Sequence[str]) -> str:
    """Name the metadata of a level as a row: arch + compiler + exact version."""
    return shown(" + ".join(map(question_word, metadata))) if metadata else NO_METADATA


def with_metadata_on(label: str) -> str:
    """Write the label of a level as it reads in a sentence: with metadata on arch."""
    return "without metadata" if label == NO_METADATA else f"with metadata on {label}"


def subsystems_label(subsystems: Sequence[str]) -> str:
    """Name a set of subsystems, the first few by name."""
    if not subsystems:
        return NO_METADATA
    names = [shown(name, 40) for name in subsystems[:_NAMED]]
    rest = len(subsystems) - len(names)
    return f"{' + '.join(names)} + {rest} more" if rest else " + ".join(names)


def level_word(level: LevelResult, policy: str) -> str:
    """Return the words for a level: its metadata, or by which policy a cluster was chosen."""
    chosen = _CHOSEN.get(level.name)
    return f"{policy.removeprefix('the ')}, {chosen}" if chosen else metadata_label(level.metadata)


def level_key(level: LevelResult) -> str:
    """Return the name of a level in files, and its metadata where its words do not say it."""
    key = shown(level.name)
    return f"{key}: {metadata_label(level.metadata)}" if is_chosen(level) else key


def policy_word(results: Results) -> str:
    """Return the words for the policy that chooses with all metadata: the cheapest unless recorded otherwise."""
    settings = results.study.get("settings")
    settings = settings if isinstance(settings, Mapping) else {}
    if settings.get("priorities"):
        return "by priorities"
    name = str(settings.get("choose", "cheapest"))
    return _POLICIES.get(name) or f"by {shown(name, _LONGEST_WORD)}"


def experiment_label(results: Results, experiment: str) -> str:
    """Return the words for an experiment, or for the metadata of a level."""
    level = next((level for level in results.levels if level.name == experiment), None)
    return experiment_word(experiment) if level is None else level_word(level, policy_word(results))


def experiment_phrase(results: Results, experiment: str) -> str:
    """Write an experiment, or a level, as it reads in a sentence: with all metadata."""
    known = {"none": "without metadata", "all": "with all metadata"}
    label = experiment_label(results, experiment)
    if any(level.name == experiment and not is_chosen(level) for level in results.levels):
        return with_metadata_on(label)
    return known.get(experiment) or f"of {label}"


def figure_label(results: Results, experiment: str, quantity: str, than: str | None = None) -> str:
    """Name a quantity of an experiment, or of one less another; success is meant where only experiments are named."""
    if experiment == FLEET and quantity == CEILING:
        return CEILING
    label = experiment_label(results, experiment)
    label = label if than is None else f"{label} less {experiment_label(results, than)}"
    return label if quantity == SUCCESS else f"{label}: {quantity_word(quantity)}"


def reason_word(reason: str) -> str:
    """Return the words for a reason of failure: wrong_arch is wrong arch."""
    return shown(reason.replace("_", " "))


def reasons_word(reasons: Sequence[str]) -> str:
    """Return the words for a set of reasons that hold together."""
    return " + ".join(map(reason_word, reasons))


def quantity_word(quantity: str) -> str:
    """Return the words for a quantity."""
    return _QUANTITIES.get(quantity) or shown(quantity.replace("_", " ").replace("-", " "))


def quantity_text(quantity: str, value: float) -> str:
    """Write a value of a quantity."""
    return share(value) if is_share(quantity) else number(value)


def difference_text(quantity: str, value: float) -> str:
    """Write a difference of a quantity: that of shares in percentage points, since percent could be of either."""
    return f"{number(100 * value, 3)} points" if is_share(quantity) else number(value)


def setting_words(setting: str) -> tuple[str, str]:
    """Return the words for a setting, and the unit of its amounts."""
    return _SETTINGS.get(setting, (shown(setting.replace("_", " ")), "amount"))


def setting_amount(setting: str, value: float) -> str:
    """Write an amount of a setting."""
    return share(value) if setting_words(setting)[1].startswith("share") else number(value)


def reference_words(reference: str) -> str:
    """Say what runtime a reference is."""
    return _REFERENCES.get(reference, f"the reference {shown(reference)}")


def scoring_line(results: Results) -> str:
    """Say whether the numbers are averages or draws, and by which scoring; for records, how they were held out."""
    if results.evidence is not None and not results.scores:
        return f"outcomes as recorded; {results.evidence.folds}-fold cross-validation, seed {results.evidence.seed}"
    if results.timed is not None and not results.scores:
        return "a trace of jobs over virtual time: every queue policy with every level of metadata"
    scoring = f"{results.scoring} scoring" if results.scoring else "scoring as recorded by its author"
    if results.truth is not None:
        scoring = truth_line(results.truth)
    how = "averages over the clusters that the scheduler could select" if results.exact else "one cluster drawn per job"
    return f"{how}; {scoring}"


def orders_word(results: Results) -> str:
    """Name the success of matched jobs of an order, which is an expectation whatever the scores are."""
    return SUCCESS_OF_MATCHED_WORDS if results.exact else f"expected {SUCCESS_OF_MATCHED_WORDS}"


def submissions(results: Results, count: int) -> str:
    """Count submissions, which are jobs where each job is submitted once."""
    return jobs(count) if count == total_jobs(results) else counted(count, "submission")
