"""What a model says by some facts of environments: the same whichever was asked before."""

import pickle

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from placewise.model.outcomes.outcome_model import Described
from placewise.prediction.success.restricting import restricted
from placewise.study.demands.shown_facts import ShownFacts

FACTS = ("a", "b", "c")
JOBS = Described(("package",), (("x",), ("y",)))
rows = st.tuples(*[st.sampled_from(["1", "2", None])] * 3)
fleets = st.lists(rows, min_size=1, max_size=6).map(lambda found: Described(FACTS, tuple(found)))
sets = st.lists(st.sets(st.sampled_from(FACTS)).map(lambda some: [f for f in FACTS if f in some]), max_size=4)


class Counting:
    """A model whose p is a hash of what it is asked about, which counts how often it is asked."""

    def __init__(self):
        self.asked = []

    def table(self, jobs, environments):
        return np.array([[sum(map(ord, f"{job}{row}")) % 97 / 97 for row in environments.rows] for job in jobs.rows])

    def restricted(self, jobs, shown, among):
        self.asked += [(part.facts, row) for part in shown for row in part.rows]
        return restricted(self.table, jobs, shown, among)


@given(fleets, st.lists(st.tuples(fleets, sets), max_size=4))
def test_what_was_asked_before_changes_nothing_and_is_not_asked_again(among, asked):
    model = Counting()
    shown = ShownFacts(model, JOBS, among)
    for fleet, some in asked:
        parts = [fleet.only(facts) for facts in some]
        for found, part in zip(shown.of(parts), parts, strict=True):
            assert np.array_equal(found, restricted(model.table, JOBS, [part], among)[0])
    assert len(set(model.asked)) == len(model.asked)


@given(fleets, fleets, sets)
def test_the_mean_is_over_each_environment_that_there_is(among, fleet, some):
    model = Counting()
    for facts in some:
        (found,) = restricted(model.table, JOBS, [fleet.only(facts)], among)
        for at, row in enumerate(fleet.rows):
            mixed = [
                tuple(mine if fact in facts else other for fact, mine, other in zip(FACTS, row, behind, strict=True))
                for behind in among.rows
            ]
            assert np.allclose(found[:, at], model.table(JOBS, Described(FACTS, tuple(mixed))).mean(axis=1))


def test_another_process_gets_it_without_what_it_remembers():
    shown = ShownFacts(None, JOBS, JOBS)
    shown._found["a"] = 1
    assert pickle.loads(pickle.dumps(shown))._found == {}
