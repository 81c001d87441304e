"""`scenarios.json`: replays of one trace side by side, what differs job by job, and what metadata is worth in time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from placewise.formats.codec import Codecs, Layout
from placewise.formats.results.results_names import SCENARIOS
from placewise.formats.writing import write_json
from placewise.model.traces.replayed import TraceRecord
from placewise.model.traces.scenarios import Paired, PieceWorth, ScenarioResult, Timed

_CODECS = Codecs(
    {
        TraceRecord: Layout(by_name=frozenset({"dropped", "left_out"})),
        ScenarioResult: Layout(derived={"success": "success"}),
        Paired: Layout(description="over the jobs that started in both; difference: the first less the second"),
        PieceWorth: Layout(
            description="Shapley values summed over jobs: job-seconds of waiting, of waiting and failed attempts, and "
            "processor-seconds of failed attempts, that metadata on the piece takes away"
        ),
    }
)


def timed_document(timed: Timed) -> dict[str, Any]:
    """Return the content of `scenarios.json`."""
    return {
        "replay": {"trace": _CODECS.write(timed.record)},
        "scenarios": _CODECS.write(timed.results),
        "comparisons": _CODECS.write(timed.comparisons),
        "values": _CODECS.write(timed.values),
    }


def write_timed(folder: Path, timed: Timed) -> None:
    """Write `scenarios.json`."""
    write_json(folder / SCENARIOS, timed_document(timed))
