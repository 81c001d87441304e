"""All comparisons of targets are those of the archspec package."""

import itertools
import json

import archspec.cpu
import pytest

from placewise.kinds.resolving import test_of as resolved
from placewise.model.fleets.vocabulary import Vocabulary
from placewise.model.requirements.predicates import Equals
from placewise.model.requirements.requirement import Condition

OPERATORS = {
    ">=": lambda a, b: a >= b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    "<": lambda a, b: a < b,
    "==": lambda a, b: a.name == b.name,
    "!=": lambda a, b: a.name != b.name,
}


def answer(text, value):
    return resolved("cpu", Condition("target", Equals(text)), Vocabulary())(value, {"target": value})


@pytest.fixture(scope="module")
def names(public_data):
    path = public_data / "fleets" / "archspec" / "microarchitectures.json"
    return sorted(json.loads(path.read_text())["microarchitectures"])


@pytest.mark.parametrize("operator", OPERATORS)
def test_all_comparisons_equal_the_packages(names, operator):
    assert len(names) == 78
    wrong = []
    for bound in names:
        test = resolved("cpu", Condition("target", Equals(f"{operator}{bound}")), Vocabulary())
        wrong += [
            (value, bound)
            for value in names
            if test(value, {}) != OPERATORS[operator](archspec.cpu.TARGETS[value], archspec.cpu.TARGETS[bound])
        ]
    assert wrong == []


def test_the_order_follows_the_parents_of_the_public_data(names, public_data):
    """The same from the file alone, without the package's comparison."""
    path = public_data / "fleets" / "archspec" / "microarchitectures.json"
    parents = {name: one["from"] for name, one in json.loads(path.read_text())["microarchitectures"].items()}

    def ancestors(name):
        return {name}.union(*(ancestors(parent) for parent in parents[name]))

    above = {name: ancestors(name) for name in names}
    wrong = [
        (value, bound)
        for bound, value in itertools.product(names, repeat=2)
        if answer(f">={bound}", value) != (bound in above[value])
    ]
    assert wrong == []
