"""RFC 31 constraints: what they mean, of which nodes they hold, and what is refused; lists of hosts of RFC 29."""

import pytest
from flux_documents import fleet_of, flux, matched, read, vertex, wanted_of
from hypothesis import given
from hypothesis import strategies as st

from placewise.errors import InputError
from placewise.formats.jobs.jobspec import jobspec_document, parse_jobspec
from placewise.formats.jobs.jobspec.flux_rfcs.constraints import MOST_NAMES
from placewise.formats.notations.hostlists import parse_hostlist
from placewise.formats.notations.idsets import idset_text, parse_idset, size
from placewise.model.requirements.requirement import DEEPEST


def refusal(constraints):
    with pytest.raises(InputError) as caught:
        wanted_of(constraints)
    return str(caught.value)


def properties(*names):
    return {"properties": list(names)}


@pytest.mark.parametrize(
    ("constraints", "lines"),
    [
        (properties("ssd"), ["property{name=ssd}"]),  # RFC 31, properties: required
        (properties("a", "b"), ["property{name=a}", "property{name=b}"]),  # each is a property of its own
        (properties("^slow"), ["not property{name=slow}"]),  # RFC 31, properties: ^ must not be included
        ({"not": [properties("slow")]}, ["not property{name=slow}"]),  # RFC 31, Examples: the same
        ({"not": [properties("^slow")]}, ["property{name=slow}"]),
        ({"not": [properties("a", "b")]}, ["not (property{name=a} and property{name=b})"]),  # RFC 31, not
        ({"or": [properties("a"), properties("b")]}, ["property{name=a} or property{name=b}"]),  # RFC 31, or
        ({"and": [properties("a"), properties("b")]}, ["property{name=a}", "property{name=b}"]),  # RFC 31, and
        ({"hostlist": ["n[0-1]"]}, ["host{name in (n0, n1)}"]),  # RFC 31, hostlist: required hostnames
        ({"hostlist": ["n0", "m[1,3]"]}, ["host{name in (m1, m3, n0)}"]),  # RFC 31, hostlist: one or more sets
        ({"hostlist": ["n0"]}, ["host{name=n0}"]),
        ({"not": [{"hostlist": ["n[0-1]"]}]}, ["not host{name in (n0, n1)}"]),  # RFC 31, Examples: exclude
        ({"ranks": ["0"]}, ["rank{id=0}"]),  # RFC 31, Examples: rank 0
        ({"ranks": ["0-2", "7"]}, ["rank{id in (0, 1, 2, 7)}"]),  # RFC 31, ranks: one or more sets
        ({"and": [{"hostlist": ["n0"]}, properties("a")]}, ["host{name=n0}", "property{name=a}"]),
        ({"or": []}, []),  # RFC 31: {"or": []} matches anything
        ({"and": []}, []),  # RFC 31: {"and": []} matches anything
        ({"properties": []}, []),  # RFC 31: operator dependent; Flux matches anything
        ({}, []),
        ({"or": [properties("a"), {"and": []}]}, []),
        ({"or": [properties("a"), {"not": []}]}, ["property{name=a}"]),  # RFC 31: {"not": []} matches nothing
        ({"not": [{"not": []}]}, []),
        ({"properties": ["a"], "ranks": ["1"]}, ["property{name=a}", "rank{id=1}"]),  # RFC 31 is silent: all of them
        ({"not": [properties("a"), properties("b")]}, ["not (property{name=a} and property{name=b})"]),  # likewise
    ],
)
def test_what_constraints_mean(constraints, lines):
    assert wanted_of(constraints) == lines


@pytest.mark.parametrize(
    ("constraints", "said"),
    [
        ([], "attributes.system.constraints: is not a mapping"),
        ({"xor": []}, "'xor' is not understood"),  # RFC 31: the operators that are supported
        ({"and": properties("a")}, "constraints.and: is not a list"),
        ({"properties": "a"}, "constraints.properties: is not a list"),
        ({"properties": [["a"]]}, "constraints.properties[0]"),
        (properties(""), "properties[0]"),
        (properties("^"), "is not a property name"),
        (properties("^^a"), "is not a property name"),
        (properties("a|b"), "is not a property name"),
        ({"and": ["a"]}, "constraints.and[0]: is not a mapping"),
        ({"not": []}, "no node can meet this"),
        ({"hostlist": []}, "no node can meet this"),
        ({"hostlist": [""]}, "no node can meet this"),  # RFC 29: "" is an empty list
        ({"and": [properties("a"), {"ranks": []}]}, "no node can meet this"),
        ({"ranks": ["3-1"]}, "constraints.ranks[0]: is not a set of ids"),
        ({"ranks": ["-1"]}, "is not a set of ids"),
        ({"ranks": [1.5]}, "ranks[0]: is not text"),
        ({"hostlist": ["n[1"]}, "constraints.hostlist[0]: is not a list of hosts"),
    ],
)
def test_what_is_not_understood_is_refused(constraints, said):
    assert said in refusal(constraints)


# On which clusters they hold


def node(name, rank, *names):
    return {"host": [{"name": name}], "rank": [{"id": rank}], "property": [{"name": one} for one in names]}


FLEET = fleet_of(
    ssd=[node("a0", 0, "ssd"), node("a1", 1, "ssd", "slow")],
    slow=[node("b0", 0, "slow"), node("b1", 1, "slow")],
    mixed=[node("c0", 0, "ssd"), node("c1", 1, "slow", "huge")],
)


@pytest.mark.parametrize(
    ("constraints", "nodes", "clusters"),
    [
        (properties("ssd"), 1, ["ssd", "mixed"]),
        (properties("ssd"), 2, ["ssd"]),  # RFC 31: "all execution targets have property"
        (properties("ssd", "slow"), 1, ["ssd"]),  # of one node, in two vertices
        (properties("^slow"), 1, ["ssd", "mixed"]),
        (properties("^slow"), 2, []),  # RFC 31: "no execution targets with property"
        (properties("ssd", "^slow"), 1, ["ssd", "mixed"]),
        ({"or": [properties("ssd"), properties("huge")]}, 2, ["ssd", "mixed"]),
        ({"hostlist": ["a[0-1],c1"]}, 1, ["ssd", "mixed"]),
        ({"hostlist": ["a[0-1],c1"]}, 2, ["ssd"]),
        ({"not": [{"hostlist": ["a[0-9],b[0-9]"]}]}, 1, ["mixed"]),
        ({"ranks": ["1"]}, 1, ["ssd", "slow", "mixed"]),
        ({"ranks": ["1"]}, 2, []),
        ({"ranks": ["0-1"]}, 2, ["ssd", "slow", "mixed"]),  # RFC 20, rank: broker ranks in idset format
        ({"ranks": ["0", "7-9"]}, 1, ["ssd", "slow", "mixed"]),  # RFC 20, rank: "a string list of" them
        ({"hostlist": ["b[00-09],b1"]}, 1, ["slow"]),  # RFC 20, node: "the string hostname", b1 and not b01
        ({"not": [{"ranks": ["0"]}]}, 2, []),
        ({"and": [{"ranks": ["1"]}, properties("^slow")]}, 1, []),
        ({"not": [{"or": [properties("ssd"), properties("huge")]}]}, 1, ["slow"]),
    ],
)
def test_where_constraints_hold(constraints, nodes, clusters):
    job = read(flux(vertex("node", nodes), constraints=constraints))
    assert sorted(matched(FLEET, job)) == sorted(clusters)


# Lists of hosts


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", []),  # RFC 29: an empty expression is an empty list
        ("x,y", ["x", "y"]),  # RFC 29: expressions with commas between
        ("[1-3,5]", ["1", "2", "3", "5"]),  # RFC 29: prefix and suffix are optional
        ("n[2-4]", ["n2", "n3", "n4"]),  # RFC 29: hyphenated ranges
        ("n[0-1]-ib", ["n0-ib", "n1-ib"]),  # RFC 29: a suffix
        ("n[5,4,10]", ["n5", "n4", "n10"]),  # RFC 29: an ordered list
        ("n[005,4,11-12]", ["n005", "n004", "n011", "n012"]),  # RFC 29: the first element's leading zeros
        ("[08-10]", ["08", "09", "10"]),
        ("n[2,2]", ["n2", "n2"]),  # RFC 29: repeated numbers
        ("a[1],b.c,d[2-3]e", ["a1", "b.c", "d2e", "d3e"]),
    ],
)
def test_a_list_of_hosts(text, names):
    assert parse_hostlist(text, "p", 100) == names


@pytest.mark.parametrize(
    "text",
    ["a,", ",a", "a,,b", "n[", "n]", "n[]", "n[1]x[2]", "n[3-1]", "n[a]", "a b", "n[1,]", "ä", "n[-1]", "[\u0661]"],
)
def test_what_is_no_list_of_hosts(text):
    with pytest.raises(InputError, match="is not a list of hosts"):
        parse_hostlist(text, "p", 100)


@given(st.sets(st.integers(0, 60), min_size=1).map(sorted))
def test_a_set_of_ids_is_written_and_read_again(ids):
    ranges = parse_idset(idset_text(ids), "p")
    assert [one for low, high in ranges for one in range(low, high + 1)] == ids
    assert size(ranges) == len(ids)


# Writing

leaves = (
    st.sampled_from(["a", "b", "^c", "b4"]).map(properties)
    | st.lists(st.sampled_from(["n[0-2]", "m", "x[1-2]y"]), min_size=1, max_size=2).map(lambda some: {"hostlist": some})
    | st.lists(st.sampled_from(["0-2", "5", "1,3"]), min_size=1, max_size=2).map(lambda some: {"ranks": some})
)
constraints = st.recursive(
    leaves,
    lambda inner: st.dictionaries(
        st.sampled_from(["and", "or", "not"]), st.lists(inner, min_size=1, max_size=3), min_size=1, max_size=1
    ),
    max_leaves=8,
)


@given(constraints)
def test_constraints_are_written_and_read_again(drawn):
    job = read(flux(vertex("node", 1), constraints=drawn, queue="q"))
    document = jobspec_document(job, "flux")
    assert parse_jobspec(document, "job") == job


# What is meant to take long


def nested(word, depth):
    constraint = properties("a")
    for number in range(depth):
        constraint = {word: [constraint, properties(f"p{number}")]}
    return constraint


@pytest.mark.parametrize(
    ("constraints", "said"),
    [
        ({"ranks": ["0-999999999"]}, "names too many ranks"),
        ({"ranks": [f"0-{10**17}"]}, "names too many ranks"),
        ({"hostlist": ["n[0-999999999]"]}, "names too many hosts"),
        ({"hostlist": ["n[0-9999]"] * 1000}, "names too many hosts"),
        ({"hostlist": [",".join(["n[0-65535]"] * 1000)]}, "names too many hosts"),
        ({"or": [{"ranks": [f"0-{MOST_NAMES // 2}"]}] * 3}, "names too many ranks"),
        ({"properties": [f"p{number}" for number in range(20_000)]}, "too many constraints"),
        ({"or": [properties(f"p{number}") for number in range(1001)]}, "too many requirements"),
        (nested("not", 10_000), "nested too deeply"),
        (nested("or", DEEPEST + 2), "nested too deeply"),
    ],
)
def test_what_stands_for_too_much_is_refused(constraints, said):
    assert said in refusal(constraints)


def test_as_many_hosts_as_the_bound_are_read():
    (line,) = wanted_of({"hostlist": [f"n[0-{MOST_NAMES - 1}]"]})
    assert line.count(",") == MOST_NAMES - 1
