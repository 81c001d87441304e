"""Replays side by side, on a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console, JustifyMethod

from placewise.model.traces.scenarios import ScenarioResult, Timed
from placewise.report.data.replays.timed import scenario_rows
from placewise.report.terminal.studies.comparison import print_unlike
from placewise.report.terminal.tables import print_answer, print_first_rows, print_line, print_table
from placewise.report.words.numbers import MISSING, amount, share, shown
from placewise.report.words.openings.replays import timed_opening
from placewise.report.words.replays.replay import (
    HOUR_S,
    ends_words,
    paired_sentence,
    paired_word,
    quantity_amount,
    signed_amount,
    worth_words,
)
from placewise.report.words.replays.timed import timed_findings
from placewise.study.timed.paired import Folders, ScenarioFolders

_LEFT: JustifyMethod = "left"
_RIGHT: JustifyMethod = "right"


def print_timed(timed: Timed, console: Console) -> None:
    """Print the answer, what came of each scenario, how each differs from the first, and what metadata is worth."""
    print_answer(timed_opening(timed), console)
    crossed = scenario_rows(timed)[0].crossed
    headings: dict[str, JustifyMethod] = dict.fromkeys(("policy", "level") if crossed else ("scenario",), _LEFT)
    columns = [(heading, cells) for heading, cells in _columns(timed.results) if set(cells) != {_NOTHING.get(heading)}]
    headings |= dict.fromkeys([heading for heading, _ in columns], _RIGHT)
    names = [(one.settings.policy, shown(one.level or "")) if crossed else (shown(one.name),) for one in timed.results]
    rows = [(*name, *row) for name, row in zip(names, zip(*(cells for _, cells in columns), strict=True), strict=True)]
    print_first_rows("Scenarios", headings, rows, console)
    if timed.values:
        headings = {"policy": _LEFT, "metadata on": _LEFT}
        headings |= dict.fromkeys(
            ("jobs", "narrowed", "hours of waiting", "hours lost", "wasted processor-hours"), _RIGHT
        )
        rows = [
            (
                one.policy,
                shown(one.piece),
                f"{one.jobs:,}",
                f"{one.narrows:,}",
                worth_words(one.waiting_s, one.waiting_interval),
                worth_words(one.lost_s, one.lost_interval),
                worth_words(one.wasted_s, one.wasted_interval),
            )
            for one in timed.values
        ]
        print_table("What metadata takes away (Shapley values, all jobs together)", headings, rows, console)
    for line in timed_findings(timed):
        print_line(line, console)


def print_folders(compared: Folders, console: Console) -> None:
    """Print two replays compared job by job."""
    found = compared.paired
    print_line(f"A is {shown(found.first)}, B is {shown(found.second)}", console)
    print_unlike(compared.unlike, "What differs between the replays", console)
    headings: dict[str, JustifyMethod] = {"per job": _LEFT}
    headings |= dict.fromkeys(("A", "B", "A less B", "95 % over weeks"), _RIGHT)
    rows = [
        (
            paired_word(one.quantity),
            quantity_amount(one.quantity, one.first),
            quantity_amount(one.quantity, one.second),
            signed_amount(one.quantity, one.difference),
            ends_words(one),
        )
        for one in found.means
    ]
    print_table(f"{found.jobs:,} jobs that started in both, over {found.weeks} weeks", headings, rows, console)
    print_line(f"Not compared: {found.only_first:,} started only in A, {found.only_second:,} only in B", console)
    if found.means:
        print_line(f"{paired_sentence(found, 'bounded_slowdown')}.", console)


def print_scenario_folders(found: ScenarioFolders, first: Path, second: Path, console: Console) -> None:
    """Print two sets of replays side by side compared, scenario by scenario."""
    print_line(f"A is {shown(str(first))}, B is {shown(str(second))}", console)
    print_unlike(found.unlike, "What differs between the two", console)
    headings: dict[str, JustifyMethod] = {"scenario": _LEFT, "per job": _LEFT}
    headings |= dict.fromkeys(("A", "B", "A less B", "95 % over weeks"), _RIGHT)
    rows = [
        (
            shown(pair.first.removeprefix(f"{first}: ")) if not number else "",
            paired_word(one.quantity),
            quantity_amount(one.quantity, one.first),
            quantity_amount(one.quantity, one.second),
            signed_amount(one.quantity, one.difference),
            ends_words(one),
        )
        for pair in found.pairs
        for number, one in enumerate(pair.means)
    ]
    print_table("Means over the jobs that started in both", headings, rows, console)
    for letter, names in (("A", found.only_first), ("B", found.only_second)):
        if names:
            print_line(f"Not compared, since only in {letter}: {', '.join(map(shown, names))}", console)


_NOTHING = {"never started": "0", "cost": MISSING}
"""What says so little that its column is left out where all cells are it."""


def _columns(results: Sequence[ScenarioResult]) -> Iterator[tuple[str, list[str]]]:
    """Yield the columns of the table of scenarios: heading and cells."""
    yield "success", [share(one.success) for one in results]
    yield "never started", [f"{one.never_started:,}" for one in results]
    for quantity, word in (("wait_s", "wait"), ("bounded_slowdown", "bounded slowdown")):
        means = [{mean.quantity: mean.mean for mean in one.means}.get(quantity) for one in results]
        yield word, [MISSING if mean is None else quantity_amount(quantity, mean) for mean in means]
    yield "utilisation", [share(one.utilisation, 3) for one in results]
    yield "wasted, h", [amount(one.work.wasted_processor_s / HOUR_S) for one in results]
    yield "cost", [MISSING if one.work.cost is None else amount(one.work.cost) for one in results]
