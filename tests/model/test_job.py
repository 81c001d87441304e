import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placewise.errors import InputError
from placewise.model.jobs.job import Job, ResourceGroup, ResourceRequest
from placewise.model.requirements.predicates import InVersionRange, OneOf
from placewise.model.requirements.requirement import Condition, Requirement
from placewise.model.versions.version_range import parse_bounds

R = ResourceRequest

requests = st.recursive(
    st.builds(R, st.sampled_from(["core", "gpu", "memory"]), st.integers(1, 4), unit=st.sampled_from(["", "GB"])),
    lambda inner: st.builds(
        R,
        st.sampled_from(["slot", "node", "rack"]),
        st.integers(1, 3),
        st.lists(inner, min_size=1, max_size=3).map(tuple),
    ),
    max_leaves=5,
)


def leaves(shape, times=1):
    """Count each childless (type, unit) that a shape asks for in all."""
    totals = {}
    for request in shape:
        if request.contents:
            for key, count in leaves(request.contents, times * request.count).items():
                totals[key] = totals.get(key, 0) + count
        else:
            key = (request.type, request.unit)
            totals[key] = totals.get(key, 0) + times * request.count
    return totals


@given(st.lists(requests, max_size=4), st.randoms(use_true_random=False))
def test_a_shape_is_canonical_and_adds_up_what_it_asks_for(shape, random):
    group = ResourceGroup(tuple(shape))
    assert leaves(group.shape) == leaves(shape)
    random.shuffle(shape)
    assert ResourceGroup(tuple(shape)) == group
    assert hash(ResourceGroup(tuple(shape))) == hash(group)
    assert ResourceGroup(group.shape) == group
    simple = [(r.type, r.unit) for r in group.shape if not r.contents]
    assert len(simple) == len(set(simple))


def test_siblings_of_one_type_are_added_up_unless_their_unit_or_contents_differ():
    assert ResourceGroup((R("core", 2), R("core", 3))).shape == (R("core", 5),)
    assert len(ResourceGroup((R("memory", 2, unit="GB"), R("memory", 3, unit="MB"))).shape) == 2
    assert len(ResourceGroup((R("node", 1, (R("core"),)), R("node", 1, (R("gpu"),)))).shape) == 2
    assert R("node", 1, (R("core"), R("core"))) == R("node", 1, (R("core", 2),))


@pytest.mark.parametrize("count", [0, -1, True, 1.0, "1", None])
def test_a_count_is_a_whole_number_of_one_or_more(count):
    with pytest.raises(InputError, match="not usable") as caught:
        R("core", count)
    assert caught.value.found is count


def test_a_request_has_a_type_and_a_slot_holds_something():
    with pytest.raises(InputError, match="no type"):
        R("")
    with pytest.raises(InputError, match="slot holds nothing"):
        R("slot", 2)


def test_a_request_is_written_in_words():
    assert str(R("node", 2, (R("gpu"), R("core", 4)))) == "2 node with 1 gpu and 4 core"
    assert str(R("memory", 8, unit="GB")) == "8 GB memory"


def versioned(name, *minima):
    return Requirement(name, tuple(Condition("version", InVersionRange(parse_bounds(low, None))) for low in minima))


POOL = [
    versioned("gcc", "1.2"),
    versioned("gcc", "1-2"),
    versioned("gcc", "1-3"),
    Requirement("arch"),
    Requirement("x", (Condition("name", OneOf(("a", "b"))),)),
    Requirement("x", (Condition("name", OneOf(("a, b",))),)),
]


@given(st.lists(st.sampled_from(POOL), max_size=5), st.lists(st.sampled_from(POOL), max_size=5))
def test_a_group_is_its_set_of_requirements(one, other):
    a, b = ResourceGroup((), tuple(one)), ResourceGroup((), tuple(other))
    assert (a == b) == (set(one) == set(other))
    if a == b:
        assert hash(a) == hash(b)
    assert set(a.requirements) == set(one)
    assert len(a.requirements) == len(set(one))
    names = [requirement.subsystem for requirement in a.requirements]
    assert names == sorted(names)


def test_requirements_that_read_alike_keep_a_group_canonical():
    for alike in (POOL[4:], POOL[:3]):
        assert len({ResourceGroup((), tuple(order)) for order in itertools.permutations(alike)}) == 1


@given(st.lists(st.lists(st.sampled_from(POOL), max_size=3), min_size=1, max_size=3))
def test_a_job_lists_the_requirements_of_its_groups_once(rows):
    job = Job("j", tuple(ResourceGroup((), tuple(row)) for row in rows))
    assert set(job.requirements) == {r for row in rows for r in row}
    assert len(job.requirements) == len(set(job.requirements))


@given(st.dictionaries(st.sampled_from("abc"), st.sampled_from([1, "x", True]), max_size=3))
def test_attributes_are_sorted(attributes):
    pairs = tuple(attributes.items())
    assert Job("j", attributes=pairs) == Job("j", attributes=pairs[::-1])
    assert [name for name, _ in Job("j", attributes=pairs).attributes] == sorted(attributes)


def test_attributes_of_different_kinds_need_no_order():
    assert Job("j", attributes=(("x", 1), ("x", "b"))).attributes == (("x", 1), ("x", "b"))


def test_a_job_asks_for_something():
    assert Job("j").groups == (ResourceGroup(),)
    with pytest.raises(InputError, match="'j' asks for nothing"):
        Job("j", ())


@pytest.mark.parametrize(("value", "field"), [(R("a"), "count"), (ResourceGroup(), "shape"), (Job("j"), "name")])
def test_values_are_frozen_hashable_and_slotted(value, field):
    assert isinstance(hash(value), int)
    assert not hasattr(value, "__dict__")
    with pytest.raises(AttributeError):
        setattr(value, field, None)
