import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from placewise.errors import InputError
from placewise.model.studies.priority import Calc, Filter, Priority, Select, SortAscending, SortDescending
from placewise.selection import constraint as constraint_module
from placewise.selection.constraint import constraint_policy
from placewise.selection.policies import NONE, cheapest, first, random_choice
from placewise.selection.situation import Situation

STEPS = st.one_of(
    st.sampled_from(["price < 2", "nodes >= need", "price * need > 1 and known", "known or nodes == 1"]).map(Filter),
    st.tuples(st.just("total"), st.sampled_from(["price * need", "min(nodes, 1)", "total"])).map(lambda c: Calc(*c)),
    st.sampled_from(["price", "total", "known", "-nodes", "fit"]).map(SortAscending),
    st.sampled_from(["price", "total", "nodes > 1", "fit"]).map(SortDescending),
)
SELECTS = st.lists(st.sampled_from(["first", "last", "random"]).map(Select), max_size=1)


@st.composite
def priorities(draw):
    numbers = draw(st.lists(st.integers(-3, 9), min_size=1, max_size=3, unique=True))
    return [Priority(number, (*draw(st.lists(STEPS, max_size=4)), *draw(SELECTS))) for number in numbers]


@st.composite
def blocks(draw):
    jobs, clusters = draw(st.integers(0, 6)), draw(st.integers(1, 6))
    few = st.sampled_from([0.0, 1.0, 2.0, 3.0])
    values = {
        "price": draw(hnp.arrays(np.float64, clusters, elements=few | st.just(np.nan))),
        "nodes": draw(hnp.arrays(np.int64, clusters, elements=st.integers(0, 3))),
        "known": draw(hnp.arrays(np.bool_, clusters)),
        "need": draw(hnp.arrays(np.float64, (jobs, 1), elements=few)),
        "fit": draw(hnp.arrays(np.float64, (jobs, clusters), elements=few | st.just(np.nan))),
        "total": draw(hnp.arrays(np.float64, (jobs, clusters), elements=few)),
    }
    draws = draw(hnp.arrays(np.float64, jobs, elements=st.floats(0, 1, exclude_max=True)))
    situation = Situation(np.zeros(clusters, dtype=np.int64), draws, values)
    return draw(hnp.arrays(np.bool_, (jobs, clusters))), situation


def plainly(priorities, candidates, situation):
    """Choose job by job, cluster by cluster, with Python's own eval and sort."""
    shape = candidates.shape
    values = {name: np.broadcast_to(value, shape) for name, value in situation.values.items()}
    chosen = []
    for job in range(shape[0]):
        choice = NONE
        for priority in sorted(priorities, key=lambda p: p.number):
            left = [c for c in range(shape[1]) if candidates[job, c]]
            scopes = {c: {name: value[job, c].item() for name, value in values.items()} for c in left}
            which = "first"
            for step in priority.steps:
                if isinstance(step, Select):
                    which = step.which
                    continue
                for scope in scopes.values():
                    scope["min"] = lambda one, other: math.nan if math.isnan(one) else min(one, other)
                found = {c: eval(step.expression, {}, scopes[c]) for c in left}
                if isinstance(step, Filter):
                    left = [c for c in left if found[c]]
                elif isinstance(step, Calc):
                    for c in left:
                        scopes[c][step.name] = found[c]
                else:
                    known = [c for c in left if not math.isnan(found[c])]
                    unknown = [c for c in left if math.isnan(found[c])]
                    # reverse=True would turn ties around; the negative does not
                    sign = 1 if isinstance(step, SortAscending) else -1
                    left = sorted(known, key=lambda c, found=found, sign=sign: sign * found[c]) + unknown
            if left:
                at = {"first": 0, "last": -1, "random": int(situation.draws[job] * len(left))}[which]
                choice = sorted(left)[at] if which == "random" else left[at]
                break
        chosen.append(choice)
    return chosen


@given(priorities(), blocks(), st.sampled_from([1, 7, 1 << 17]))
def test_a_constraint_chooses_what_plain_steps_choose(priorities, block, numbers):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(constraint_module, "_BLOCK_NUMBERS", numbers)
        chosen = constraint_policy(priorities)(*block)
    assert chosen.dtype == np.int64
    assert chosen.tolist() == plainly(priorities, *block)


def situation_of(jobs=1, **values):
    arrays = {name: np.array(value) for name, value in values.items()}
    clusters = max(array.shape[-1] for array in arrays.values())
    draws = (np.arange(jobs) + 0.5) / jobs
    return np.ones((jobs, clusters), dtype=np.bool_), Situation(np.zeros(clusters, dtype=np.int64), draws, arrays)


def choose(*steps, **values):
    return constraint_policy([Priority(1, steps)])(*situation_of(**values)).item()


def test_sorting_sorts_in_the_direction_it_names():
    price = [3.0, 1.0, 4.0, 1.0, 4.0]
    assert choose(SortAscending("price"), Select("first"), price=price) == 1
    assert choose(SortAscending("price"), Select("last"), price=price) == 4
    assert choose(SortDescending("price"), Select("first"), price=price) == 2
    assert choose(SortDescending("price"), Select("last"), price=price) == 3
    assert choose(SortAscending("price"), price=price) == 1
    assert choose(Select("last"), price=price) == 4


def test_the_last_of_two_sorts_counts_most_and_the_first_breaks_its_ties():
    values = {"a": [2.0, 1.0, 1.0, 2.0], "b": [5.0, 6.0, 5.0, 5.0]}
    assert choose(SortAscending("b"), SortAscending("a"), **values) == 2
    assert choose(SortAscending("a"), SortAscending("b"), **values) == 2
    assert choose(SortDescending("a"), SortAscending("b"), **values) == 0
    assert choose(SortAscending("b"), SortDescending("a"), Select("last"), **values) == 1


def test_the_unknown_comes_last_whichever_way():
    price = [math.nan, 2.0, 1.0]
    for sort in (SortAscending, SortDescending):
        assert choose(sort("price"), Select("last"), price=price) == 0
        assert choose(sort("price"), price=price) != 0


def test_the_first_priority_that_leaves_a_candidate_decides():
    policy = constraint_policy(
        [
            Priority(2, (Filter("price < 5"), SortDescending("price"))),
            Priority(1, (Filter("price < limit"), SortAscending("price"))),
        ]
    )
    candidates, situation = situation_of(4, price=[4.0, 3.0, 6.0], limit=[[9.0], [4.0], [1.0], [1.0]])
    candidates[3, :2] = False
    assert policy(candidates, situation).tolist() == [1, 1, 0, NONE]
    assert [priority.number for priority in policy.priorities] == [1, 2]


def test_a_calculation_stays_in_its_priority():
    policy = constraint_policy(
        [Priority(1, (Calc("price", "-price"), Filter("price > 0"))), Priority(2, (Filter("price == 2"),))]
    )
    assert policy(*situation_of(price=[1.0, 2.0])).tolist() == [1]
    assert policy.names == {"price"}


def test_a_calculation_may_overrule_what_it_reads():
    calc, sort = Calc("memory", "min(memory, 100 - memory)"), SortDescending("memory")
    assert choose(calc, sort, memory=[90.0, 40.0, 70.0]) == 1


def test_the_names_are_those_that_must_be_known():
    steps = (Filter("nodes_free > 0"), Calc("cost", "price * hours"), SortAscending("cost + extra"))
    assert constraint_policy([Priority(1, steps)]).names == {"nodes_free", "price", "hours", "extra"}
    assert constraint_policy([Priority(1, (Filter("cost > 0"), Calc("cost", "1")))]).names == {"cost"}


@given(blocks())
def test_special_cases_are_the_policies_of_that_name(block):
    candidates, situation = block
    values = {"predicted_cost": situation.values["fit"]}
    situation = situation.of(slice(None), values=values)
    for steps, policy in (
        ((), first),
        ((Select("random"),), random_choice),
        ((SortAscending("predicted_cost"), Select("first")), cheapest),
    ):
        chosen = constraint_policy([Priority(1, steps)])(candidates, situation)
        assert chosen.tolist() == policy(candidates, situation).tolist()


@given(priorities(), blocks(), st.integers(0, 6))
def test_a_constraint_chooses_the_same_in_two_blocks_as_in_one(priorities, block, cut):
    candidates, situation = block
    policy = constraint_policy(priorities)
    start, rest = slice(cut), slice(cut, None)
    halves = [policy(candidates[part], situation.of(part)).tolist() for part in (start, rest)]
    assert [*halves[0], *halves[1]] == policy(candidates, situation).tolist()


def test_filters_come_before_divisions_by_zero():
    assert choose(Filter("nodes > 0"), SortAscending("1 / nodes"), nodes=[0.0, 1.0, 2.0]) == 2
    with pytest.raises(InputError, match="priority 1, step 1, expression '1 / nodes', cluster at position 0"):
        choose(SortAscending("1 / nodes"), Filter("nodes > 0"), nodes=[0.0, 1.0, 2.0])


def test_priorities_that_are_not_needed_divide_nothing():
    policy = constraint_policy([Priority(1, (Filter("x > 0"),)), Priority(2, (Calc("y", "1 / x"),))])
    assert policy(*situation_of(x=[0.0, 1.0])).tolist() == [1]
    with pytest.raises(InputError, match="priority 2, step 1"):
        policy(*situation_of(x=[0.0, -1.0]))


def test_an_unknown_name_is_an_error_even_where_no_job_comes_to_it():
    policy = constraint_policy([Priority(1), Priority(2, (Filter("price > 0"), Filter("prize > 0")))])
    with pytest.raises(InputError, match=r"priority 2, step 2, expression 'prize > 0': .*expected price"):
        policy(*situation_of(price=[1.0]))


@pytest.mark.parametrize(
    ("priorities", "message"),
    [
        ([], "there are no priorities"),
        ([Priority(1), Priority(1)], "two priorities have one number"),
        ([Priority(3, (Filter("x > 0"), Filter("x >")))], "priority 3, step 2: .*not an expression"),
        ([Priority(1, (SortAscending("x.y"),))], "priority 1, step 1: .*Attribute"),
        ([Priority(1, (Calc("x y", "1"),))], "priority 1, step 1: a calculation cannot have this name"),
        ([Priority(1, (Calc("min", "1"),))], "cannot have this name"),
        ([Priority(1, (Calc("True", "1"),))], "cannot have this name"),
        ([Priority(1, (Calc("", "1"),))], "cannot have this name"),
        ([Priority(1, (Calc("1", "1"),))], "cannot have this name"),
    ],
)
def test_what_cannot_be_a_policy_is_refused_at_once(priorities, message):
    with pytest.raises(InputError, match=message):
        constraint_policy(priorities)


def test_a_filter_is_a_condition():
    with pytest.raises(InputError, match="priority 1, step 1, expression 'x': a number is where a condition"):
        choose(Filter("x"), x=[1.0])


def test_nothing_follows_the_selection():
    with pytest.raises(InputError, match="steps follow the one that selects"):
        Priority(1, (Select("first"), SortAscending("x")))
    with pytest.raises(InputError, match="no such way to select.*first, last, random.*found 'best'"):
        Select("best")
