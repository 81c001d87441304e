"""Replays side by side as rows of figures."""

from __future__ import annotations

from dataclasses import replace

from placewise.model.results.worth import Interval
from placewise.model.traces.replay import ReplaySettings
from placewise.model.traces.replay_summary import MeanInterval, Spread, Waits, Work
from placewise.model.traces.replayed import TraceRecord
from placewise.model.traces.scenarios import Paired, PairedMean, PieceWorth, ScenarioResult, Timed
from placewise.report.data.replays.timed import (
    MOST_ROWS,
    comparison_rows,
    largest_waste,
    scenario_rows,
    telling_comparisons,
    value_rows,
    without_repeated,
)
from placewise.report.words.numbers import share
from placewise.report.words.replays.timed import success_words, timed_findings

RECORD = TraceRecord("a trace", 10, 10, "none", (), 0, 0, (), False, (), ())
SPREAD = Spread(1.0, 1.0, 1.0, 1.0, 1.0)


def result(policy, level, metadata=None, succeeded=10):
    name = f"{policy}, {level}" if level else policy
    waits = Waits(10, SPREAD, SPREAD, SPREAD, SPREAD)
    means = tuple(MeanInterval(one, 1.0, None) for one in ("wait_s", "turnaround_s", "bounded_slowdown"))
    settings, work = ReplaySettings(policy=policy), Work(10, 100.0, 0.0, None)
    counts = (10, succeeded, 10 - succeeded, 0, 0)
    return ScenarioResult(name, settings, metadata, "here", *counts, waits, means, work, 100, 0.5, level)


def compared(first, second):
    interval = Interval(-2.0, 1.0, "4 weeks")
    names = ("wait_s", "turnaround_s", "bounded_slowdown", "wasted_s")
    return Paired(first, second, 10, 0, 0, 4, tuple(PairedMean(one, 1.0, 2.0, -1.0, interval) for one in names))


def grid(levels, succeeded=10):
    results = [
        result(policy, level, None if level == "all metadata" else (), succeeded)
        for policy in ("fcfs", "easy")
        for level in levels
    ]
    pairs = [compared(one.name, f"{one.settings.policy}, {levels[0]}") for one in results if one.level != levels[0]]
    return Timed(RECORD, tuple(results), (compared(f"easy, {levels[0]}", f"fcfs, {levels[0]}"), *pairs))


def test_levels_are_rows_and_policies_share_them():
    timed = grid(["no metadata", "some", "all metadata"])
    rows, found = scenario_rows(timed)
    assert (rows.names, rows.policies, rows.left_out) == (("no metadata", "some", "all metadata"), ("fcfs", "easy"), 0)
    assert set(found) == {(level, policy) for level in rows.names for policy in rows.policies}
    rows, pairs = comparison_rows(timed)
    assert rows.names == ("some", "all metadata")
    assert all(one.first == f"{policy}, {level}" for (level, policy), one in pairs.items())


def test_other_scenarios_are_a_row_each():
    timed = Timed(RECORD, (result("fcfs", None), result("easy", None)), (compared("easy", "fcfs"),))
    rows, found = scenario_rows(timed)
    assert (rows.names, rows.crossed, list(found)) == (("fcfs", "easy"), False, [("fcfs", ""), ("easy", "")])
    assert comparison_rows(timed)[0].names == ("easy less fcfs",)


def test_of_many_rows_the_first_are_shown_and_the_others_counted():
    timed = grid([f"level {number}" for number in range(MOST_ROWS + 3)])
    rows, _ = scenario_rows(timed)
    assert (len(rows.names), rows.left_out) == (MOST_ROWS, 3)


def test_of_many_comparisons_those_of_all_metadata_are_told():
    levels = ["no metadata", *(f"level {number}" for number in range(10)), "all metadata"]
    said = telling_comparisons(grid(levels))
    assert [one.first for one in said] == ["fcfs, all metadata", "easy, all metadata"]
    assert len(telling_comparisons(grid(["no metadata", "all metadata"]))) == 3
    assert timed_findings(grid(levels))[0].startswith("Under fcfs, all metadata instead of no metadata: mean bounded")


def test_success_is_said_once_where_it_is_one():
    assert success_words(grid(["no metadata"], 8)) == f"success {share(0.8)} in all"
    mixed = Timed(RECORD, (result("fcfs", "a", succeeded=5), result("fcfs", "b")), ())
    assert success_words(mixed) == ""


def test_the_largest_waste_is_by_policy_and_none_where_nothing_is_wasted():
    values = tuple(
        PieceWorth(policy, piece, 5, 5, 0.0, 0.0, wasted, None, None, None)
        for policy, piece, wasted in (("fcfs", "a", 10.0), ("fcfs", "b", 20.0), ("easy", "a", 0.0), ("easy", "b", -5.0))
    )
    found = largest_waste(Timed(RECORD, (result("fcfs", "a"),), (), values))
    assert {policy: one.piece for policy, one in found.items()} == {"fcfs": "b"}


def test_rows_that_look_like_the_first_under_every_policy_are_named_and_not_drawn():
    timed = grid(["no metadata", "a", "b", "c"])
    other = [
        replace(one, utilisation=0.9) if (one.level, one.settings.policy) == ("b", "easy") else one
        for one in timed.results
    ]
    rows, repeated = without_repeated(*scenario_rows(replace(timed, results=tuple(other))))
    assert (rows.names, repeated) == (("no metadata", "b"), ("a", "c"))
    rows, repeated = without_repeated(*scenario_rows(grid(["no metadata", "a"])))
    assert (rows.names, repeated) == (("no metadata", "a"), ())  # one such row is a finding


def test_pieces_worth_nothing_under_every_policy_are_named_and_not_drawn():
    def worth(policy, piece, waiting, wasted):
        return PieceWorth(policy, piece, 5, 5, waiting, 0.0, wasted, None, None, None)

    values = (worth("fcfs", "a", 0.0, 0.0), worth("fcfs", "b", 0.0, 0.0), worth("easy", "a", 0.0, 0.0))
    values += (worth("easy", "b", 0.0, -1.0),)
    timed = Timed(RECORD, (result("fcfs", "x"),), (), values)
    rows, nothing = value_rows(timed)
    assert (rows.names, rows.policies, nothing) == (("b",), ("fcfs", "easy"), ("a",))
    rows, nothing = value_rows(replace(timed, values=values[:1]))
    assert (rows.names, nothing) == (("a",), ())
