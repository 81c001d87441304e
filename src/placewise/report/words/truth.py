"""What a report says of success where a model, or records, decide and not rules."""

from __future__ import annotations

from collections.abc import Iterator

from placewise.model.results.results import Results, TruthNote
from placewise.report.words.numbers import share

Entries = tuple[tuple[str, str], ...]

_DECIDES = {"model": "a learned model", "observed": "what records say"}

LEARNED: Entries = (
    (
        "probability of success",
        (
            "How likely a job succeeds on a cluster, by a model learned from records. Where records decide: the share "
            "of the job's records in this environment that succeeded."
        ),
    ),
    (
        "environment",
        "All facts of a cluster that the model, or the records, look at: its compiler, the versions of its packages.",
    ),
    ("success", "The mean probability of success of all submissions; it is 0 for those without a cluster."),
    ("success of matched jobs", "The mean probability of success of the submissions given a cluster."),
    (
        "ceiling",
        (
            "The success of a scheduler that knows everything: the mean over jobs of the largest probability of "
            "success on any cluster of the fleet."
        ),
    ),
    ("could succeed", "The ceiling of the jobs of one subsystem."),
    ("precision", "The mean probability of success over the (submission, cluster) pairs that match."),
    ("recall", "The successes to be expected on the pairs that match, of those on all pairs."),
)
ASKED: Entries = (
    (
        "what a job asks",
        (
            "The clusters that look best for it: those whose probability of success, restricted to what is known of "
            "them, is at least that of the best less the slack."
        ),
    ),
)


def truth_line(note: TruthNote) -> str:
    """Say in a few words what decides success."""
    return f"success: by {_DECIDES[note.kind]}"


def truth_findings(results: Results) -> Iterator[str]:
    """Yield what decides success and how much it does not know; nothing where rules decide."""
    note = results.truth
    if note is None:
        return
    if note.kind == "model":
        yield "A learned model decides success: each number is a mean of probabilities and only as right as the model."
        yield (
            f"In {share(note.unseen)} of all (job, cluster) pairs the model is asked about a value that it has not "
            "learned from, or about a job on a cluster that lacks what it needs."
            + (
                ""
                if note.new is None
                else f" In {share(note.new)} a job meets a value that no record of its package has."
            )
        )
    else:
        yield (
            "Records decide success here: the probability of a job on a cluster is the share of its records in that "
            "environment that succeeded."
        )
        yield (
            f"{share(note.unknown)} of all (job, cluster) pairs have no record; such a cluster is no candidate for the "
            "job at any level."
        )
    if not note.asked:
        slack = "" if not note.slack else f" less {share(note.slack)}"
        yield (
            "The jobs have no requirements of their own. A job matches the clusters that look best for it by what is "
            f"known of them: those whose probability of success is at least that of the best{slack}."
        )


def without_rules(entries: Entries, note: TruthNote | None) -> Entries:
    """Return the glossary's entries as they are where rules decide, and else those of what decides in their place."""
    if note is None:
        return entries
    gone = {"outcome rule", "marginal score", "rules that hold", "corrected scoring", "published scoring"}
    instead = dict(LEARNED if note.asked else (*LEARNED, *ASKED))
    kept = tuple((word, instead.pop(word, text)) for word, text in entries if word not in gone)
    return (*kept, *instead.items())
