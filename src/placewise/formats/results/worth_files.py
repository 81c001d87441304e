"""What was asked for, on file: values, the smallest set, levels, uncertainty, sensitivity, evidence, each as JSON."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any, get_type_hints

from placewise.errors import locating
from placewise.formats import values
from placewise.formats.codec import Codecs, Layout
from placewise.formats.reading import found_at, read_json
from placewise.formats.writing import write_json
from placewise.model.outcomes.evidence import Rate
from placewise.model.results.results import Results
from placewise.model.results.worth import LevelPoint, Sufficiency, Worth

VALUE = "value.json"
MINIMAL = "minimal.json"
PARETO = "pareto.json"
UNCERTAINTY = "uncertainty.json"
SENSITIVITY = "sensitivity.json"
HELD_OUT = "held-out.json"
EVIDENCE = "evidence.json"
WORTH_FILES = (VALUE, MINIMAL, HELD_OUT, PARETO, UNCERTAINTY, SENSITIVITY, EVIDENCE)

_DESCRIPTIONS = {
    VALUE: {
        "value": "Shapley value of metadata on the subsystem, in success: a share of all jobs",
        "standard_error": "of the value; 0 where it is exact",
        "single_lift": "what metadata on it alone adds to none",
        "drop_one_loss": "what leaving it out takes from all metadata",
        "blame": "its part of the incompatible (job, cluster) pairs, each divided equally among what it fails",
        "sole": "the pairs that fail on it alone",
        "interval": "of the value, over jobs",
        "nothing, everything": "success without and with all metadata; values sum to the difference",
    },
    MINIMAL: {
        "metadata": "the smallest set found that reaches the target, a share of the ceiling, in the order of "
        "building it",
        "at_least": "no set of fewer subsystems (of less cost, where costs are given) reaches it; null: not known",
        "greedy": "success with metadata on none, on the first, the first two, ... of the path",
        "random": "the same along random orders: 2.5, 50 and 97.5 percentile",
    },
    HELD_OUT: {
        "sets": "smallest sets chosen on one part and judged on another: how many subsystems, and the share of the "
        "ceiling that they reach there, a number a split; over: what was held out, none for in sample",
        "curves": "share of the ceiling, by split and size, with metadata on the first so many subsystems of a ranking "
        "made on one part",
        "sizes": "how many subsystems, for the columns of the curves",
        "left_out": "what could not be held out or ranked by, and why",
    },
    PARETO: {
        "cost": "how many subsystems have metadata, or what it costs to collect",
        "matched": "share of jobs that some cluster matches",
        "success": "share of all jobs that succeed",
        "waste": "share of all jobs that match and fail",
        "on_front": "no other level found is as good in cost, success and waste, and better in one",
        "exact": "whether every set of subsystems was tried; if not, the front was found by greedy and swap search",
    },
    UNCERTAINTY: {
        "intervals": "over what `over` says, `varied` in one word; of level 0.95, or 1 for the range of a few draws",
        "differences": "the first less the other, compared on the same draws",
        "fleets": "success and ceiling on fleets drawn anew",
    },
    SENSITIVITY: {
        "nothing, everything": "success without and with all metadata, mean over draws",
        "low, high": "2.5 and 97.5 percentile of `everything` over draws",
    },
    EVIDENCE: {
        "summary": "the records; contradictory: identities with both outcomes, left out of what is `kept`",
        "log_loss": "of records that were held out, in nats",
        "auc, auc_within": "pooled, and the mean over packages with both outcomes",
        "value": "Shapley value of a group of facts: the log loss that it takes, in nats",
        "alone, last": "what it takes beside the package only, and what is lost without it beside all others",
        "alternatives": "real alternatives of one job held out together, and how many succeeded: choice at random",
        "accepted": "the mean share of the jobs of a record's package whose requirements all hold",
        "interval": "over packages",
    },
}


# What of the results each file holds, by its key; without a key it is the whole document.
_PARTS = {
    VALUE: {"": "worth"},
    MINIMAL: {"": "sufficiency"},
    HELD_OUT: {"": "held_out"},
    PARETO: {"levels": "front", "exact": "front_exact"},
    UNCERTAINTY: {"headlines": "headlines", "differences": "differences", "fleets": "fleets"},
    SENSITIVITY: {"points": "sensitivity"},
    EVIDENCE: {"": "evidence"},
}
_CODECS = Codecs(
    {
        LevelPoint: Layout(derived={"waste": "waste"}),
        Worth: Layout(derived={"exact": "exact"}),
        Sufficiency: Layout(derived={"met": "met", "optimal": "optimal"}),
        Rate: Layout(derived={"share": "share"}),
    }
)
_HINTS = get_type_hints(Results)


def worth_document(name: str, results: Results) -> dict[str, Any]:
    """Return the content of one of `WORTH_FILES`."""
    document: dict[str, Any] = {"descriptions": _DESCRIPTIONS[name]}
    for key, field in _PARTS[name].items():
        found = _CODECS.of(_HINTS[field]).write(getattr(results, field))
        document |= {key: found} if key else found
    return document


def write_worth(folder: Path, results: Results) -> None:
    """Write those of the files that the results have something for."""
    for name, parts in _PARTS.items():
        if any(getattr(results, field) not in (None, (), False) for field in parts.values()):
            write_json(folder / name, worth_document(name, results))


def with_worth(folder: Path, results: Results) -> Results:
    """Return results with what these files of a results folder hold. Raises InputError for another shape."""
    changes: dict[str, Any] = {}
    for name, parts in _PARTS.items():
        path = folder / name
        if found_at(path) == "file":
            with locating(file=path):
                document = values.mapping(read_json(path), "the document")
                for key, field in parts.items():
                    found = document.get(key) if key else document
                    if found is None and field == "front_exact":  # not in files of older versions
                        continue
                    changes[field] = _CODECS.of(_HINTS[field]).read(found, key or path.stem)
    return dataclasses.replace(results, **changes)
