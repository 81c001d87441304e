"""A run that was killed goes on where it was: its results are those of a run that was not, byte for byte."""

import pytest
from killing_sweeps import BLOCK, ORDERS_ALONE, Tally, complete, differences, kill_after, kill_sweeps, parts_in

from placewise.sweep.parts import Parts


@pytest.mark.slow
def test_results_after_kills_are_those_of_an_undisturbed_run(tmp_path):
    tally = kill_sweeps(tmp_path, kills=6, seed=2)
    assert not tally.wrong
    assert tally.kills == 6
    assert tally.among_sweeps >= 3, "the sweeps were hardly disturbed"
    assert tally.found >= 3, "there was hardly anything to reuse"


@pytest.mark.slow
def test_parts_that_are_found_are_used(tmp_path):
    """A part changed by hand, with a hash that is right, shows in the results: it was not computed again."""
    tally, out = Tally(), tmp_path / "out"
    kill_after(out, 1, tally, more_parts=3, sweeps=ORDERS_ALONE)
    assert tally.kills == 1
    first = parts_in(out)[0]
    parts, numbers = Parts(first.parent, BLOCK), range(BLOCK)
    rows = parts.read(numbers, 5)
    parts.write(numbers, rows + 1)
    complete(out, 1, tally, ORDERS_ALONE)
    complete(tmp_path / "undisturbed", 1, tally, ORDERS_ALONE)
    assert not tally.wrong
    changed = differences(out, tmp_path / "undisturbed")
    assert "out: summary.json differs" in changed
    assert "out: scores.json differs" not in changed
