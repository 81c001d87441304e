"""Texts that are small enough to be sent and meant to take long: each is read, or refused, in little time."""

import functools
import hashlib
import json
import resource
import time
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placewise.errors import InputError
from placewise.formats.fleets.jgf.clusters import parse_containment, parse_subsystem
from placewise.formats.jobs.jobspec import jobspec_text, parse_jobspec
from placewise.formats.reading import parse_json, parse_yaml
from placewise.formats.requirements import known
from placewise.formats.studies.selection_config import priorities_of_text
from placewise.model.fleets.resources import ResourceGraph, Vertex
from placewise.model.requirements.predicates import InNumericRange, InVersionRange, OneOf
from placewise.model.versions.version import LONGEST_KEPT, MOST_KEPT, Version, parse_version
from placewise.model.versions.version_range import parse_bounds

KIB = 1 << 10
LARGEST = 256 * KIB
# Generous: what is meant to be caught took between 3 seconds and hours.
MOST_SECONDS = 3.0
MOST_MIB = 300
# Python's hash of a multiple of this is 0.
MODULUS = 2**61 - 1


def many(head, one, tail, limit=LARGEST):
    """The text of as many parts as fit, each made of its number."""
    parts, size, number = [], len(head) + len(tail), 1
    while size + len(part := one(number)) <= limit:
        parts.append(part)
        size += len(part)
        number += 1
    return head + "".join(parts) + tail


def entries(one):
    head = '{"version": 1, "task": {"resources": {"p": {"range": ['
    return many(head, lambda number: one(number) + ",", one(0) + "]}}}}")


def aliased(anchored, alias, limit=LARGEST):
    """Entries of one requirement, the first with an anchor and the others with its alias."""
    head = f"version: 1\ntask:\n  resources:\n    p: {{match: [{anchored}"
    return many(head, lambda _: f", {alias}", "]}\n", limit)


def pair(number):
    return f'{{"field": "version", "min": "{number}"}}'


MERGES = "".join(
    f"{name}: &{name} {{<<: [{', '.join([f'*{before}'] * 30)}]}}\n"
    for before, name in zip("abcdef", "bcdefg", strict=True)
)
BOMB = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 30)}]\n" for n in range(1, 10))
TALL = "".join(f"{{k{n}: &k{n} {{<<: [{', '.join([f'*k{n - 1}'] * 40)}], m: " for n in range(1, 9))
NODE = '{"type": "node", "count": 1}'
SLOT = '{"type": "slot", "count": 1, "with": [{"type": "node", "count": 1}], "label": "d"}'

TEXTS = {
    "aliases of aliases": "l0: &l0 [x, x]\n" + BOMB,
    "aliases of one entry": aliased("&e {field: compiler, match: gcc-with-a-long-name}", "*e"),
    "aliases of a long text": aliased("{field: a, match: &t " + "x" * 100_000 + "}", "{field: a, match: *t}"),
    "aliases of a long list": aliased("{field: a, match: &t [" + "x," * 30_000 + "x]}", "{field: a, match: *t}"),
    "aliases of a list of aliases": many(
        "task:\n  resources:\n    p: {range: &l [&e {field: version, min: '1'}" + ", *e" * 1000 + "]}\n",
        lambda number: f"    q{number}: {{range: *l}}\n",
        "version: 1\n",
    ),
    "aliases of a long type": many(
        "version: 1\nresources:\n- {type: node, count: 1, with: [{type: &t " + "x" * 100_000 + ", count: 1}",
        lambda _: ", {type: *t, count: 1}",
        "]}\n",
    ),
    "aliases of one request": many("version: 1\nresources: [&r {type: node, count: 1}", lambda _: ", *r", "]\n"),
    "a request inside itself": "version: 1\nresources: &a [{type: node, count: 1, with: *a}]\n",
    "many requests inside themselves": (
        "version: 1\nresources: &a [&r {type: node, count: 1, with: *a}" + ", *r" * 20_000 + "]\n"
    ),
    "merges of merges": "a: &a {x: 1}\n" + MERGES,
    "merges of one mapping": many(
        "a: &a {" + ", ".join(f"k{n}: 1" for n in range(2000)) + "}\nb:\n  <<: [*a", lambda _: ", *a", "]\n"
    ),
    "merges of what is around": "&k0 " + TALL + "1" + "}}" * 8,
    "many merges": many("{", lambda _: "<<: {}, ", "a: 1}"),
    "a key twice": many("{", lambda number: f'"{number:x}": 1, ', '"last": 1, "last": 2}'),
    "a key twice in YAML": many("", lambda number: f"k{number:x}: 1\n", "last: 1\nlast: 2\n"),
    "keys of one hash": many("{", lambda number: f"{number * MODULUS}: 1, ", "a: 1}"),
    "bounds of one hash": entries(lambda number: f'{{"field": "x", "min": {number * MODULUS}}}'),
    "versions of one hash": entries(lambda number: pair((number + 1) * MODULUS)),
    "other versions": entries(pair),
    "long versions": entries(lambda number: pair("a1" * 120 + str(number))),
    "many subsystems": many(
        '{"version": 1, "task": {"resources": {',
        lambda number: f'"{number:x}": {{"match": [{{"field": "a", "match": 1}}]}}, ',
        '"p": {"match": [{"field": "a", "match": 1}]}}}}',
    ),
    "a slot of many labels": many(
        f'{{"version": 1, "resources": [{", ".join([SLOT] * 1500)}], "tasks": [',
        lambda _: '{"slot": "d"}, ',
        '{"slot": "d"}]}',
    ),
    "many tasks": many(
        f'{{"version": 1, "resources": {{"a": {NODE}}}, "tasks": [', lambda _: '{"resources": "a"},', "{}]}"
    ),
    "many siblings": many(
        '{"version": 1, "resources": [', lambda number: f'{{"type": "{number:x}", "count": 1}},', f"{NODE}]}}"
    ),
    "siblings far inside": (
        '{"version": 1, "resources": ['
        + '{"type": "b", "count": 1, "with": [' * 45
        + ", ".join(f'{{"type": "{number:x}", "count": 1}}' for number in range(7000))
        + "]}" * 45
        + "]}"
    ),
    "many attributes": many(
        f'{{"version": 1, "resources": [{NODE}], "attributes": {{"user": {{', lambda n: f'"{n:x}": 1, ', '"z": 1}}}'
    ),
    "open brackets": "[" * LARGEST,
    "open mappings": '{"a": ' * (LARGEST // 6),
    "dashes": "- " * (LARGEST // 2),
    "questions": "? " * (LARGEST // 2),
    "flow questions": many("[", lambda _: "? a, ", "a]"),
    "nothings": many("", lambda _: "-\n", ""),
    "empty lists": many("[", lambda _: "[], ", "1]"),
    "quotes": many("'", lambda _: "''", "'"),
    "anchors": many("[", lambda number: f"&a{number:x} b, ", "b]"),
    "lines of a text": many("a: |\n", lambda _: " " * 120 + "\n", ""),
    "a long number": "a: " + "1" * (LARGEST - 3),
    "a long fraction": "a: 1." + "1" * (LARGEST - 5),
    "a sexagesimal number": "a: !!int 1" + ":1" * 120_000,
    "a sexagesimal fraction": "a: !!float 1" + ":1" * 120_000,
    "a hexadecimal count": "version: 1\nresources: [{type: node, count: !!int 0x" + "f" * 200_000 + "}]",
    "a hexadecimal field": "version: 1\ntask: {resources: {p: {match: [{match: 1, field: !!int 0x"
    + "f" * 5000
    + "}]}}}",
    "half a pair of surrogates": "name: \ud800",
    "pairs of surrogates": many('{"name": "', lambda _: "\\ud83d\\ude00", '"}'),
}


def in_time(read, *arguments):
    """Run what may raise nothing but InputError, and may take neither long nor much memory."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    try:
        result = read(*arguments)
    except InputError as error:
        result = str(error)
    assert time.process_time() - start < MOST_SECONDS
    # In KiB; the process' peak can only show what this reading added to it.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MOST_MIB * KIB
    return result


@pytest.mark.parametrize("kind", TEXTS)
def test_a_jobspec_is_read_or_refused_in_time(kind):
    assert len(TEXTS[kind].encode("utf-8", "surrogatepass")) <= LARGEST
    in_time(jobspec_text, TEXTS[kind], "job", "f")


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        *(
            (kind, "aliases stand for too much")
            for kind in TEXTS
            if kind.startswith("aliases") and "request" not in kind
        ),
        ("merges of merges", "aliases stand for too much"),
        ("merges of one mapping", "aliases stand for too much"),
        ("merges of what is around", "merged into itself"),
        ("a key twice", "'last' occurs twice"),
        ("a request inside itself", "nested too deeply"),
        ("many requests inside themselves", "nested too deeply"),
        ("a sexagesimal number", "line 1, column 4: .*does not fit its tag"),
        ("a sexagesimal fraction", "line 1, column 4: .*does not fit its tag"),
    ],
)
def test_what_stands_for_too_much_is_refused(kind, said):
    with pytest.raises(InputError, match=said) as caught:
        jobspec_text(TEXTS[kind], "job", "f")
    assert len(str(caught.value)) < 2000


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: &a {x: 1}\nb: [*a, *a]\nc: {<<: *a, y: 2}", {"a": {"x": 1}, "b": [{"x": 1}] * 2, "c": {"x": 1, "y": 2}}),
        ("a: [&a " + "x" * 1000 + ", *a, *a]", {"a": ["x" * 1000] * 3}),
        ("- &a [1, 2]\n" + "- *a\n" * 20_000, [[1, 2]] * 20_001),
        ('a: "*b & c"\nb: [d, "&e"]', {"a": "*b & c", "b": ["d", "&e"]}),
    ],
)
def test_harmless_aliases_are_read(text, value):
    assert parse_yaml(text, "f") == value


@given(st.lists(st.lists(st.integers(0, 9), max_size=4), min_size=1, max_size=6), st.integers(1, 200))
def test_what_is_written_with_aliases_is_read(shared, times):
    lines = [f"- &a{number} {json.dumps(value)}" for number, value in enumerate(shared)]
    text = "\n".join(lines + [f"- *a{number % len(shared)}" for number in range(times)])
    assert parse_yaml(text, "f") == shared + [shared[number % len(shared)] for number in range(times)]


@pytest.mark.parametrize(
    "text",
    [
        many("", lambda number: f"- {{priority: {number}, steps: []}}\n", "", 64 * KIB),
        many("- priority: 1\n  steps:\n", lambda _: "  - filter: a\n", "", 64 * KIB),
        "- priority: " + "1" * 60_000,
        "- {priority: 1, steps: [{filter: '" + "(" * 60_000 + "'}]}",
        "- {priority: 1, steps: [{calc: 'a=" + "=" * 60_000 + "'}]}",
        many("- priority: 1\n  steps: [&f {filter: a}", lambda _: ", *f", "]\n", 64 * KIB),
        "a: &a {x: 1}\n" + MERGES,
        "[" * 64 * KIB,
        "- priority: 1\n  steps:\n  - filter: |\n" + " a\n" * 15_000,
    ],
)
def test_priorities_are_read_or_refused_in_time(text):
    in_time(priorities_of_text, text)


# Graphs


def graph(nodes, edges, metadata='{"type": "a"}'):
    listed = ",".join(f'"{node}":{{"metadata":{metadata}}}' for node in nodes)
    return (
        f'{{"graph":{{"nodes":{{{listed}}},"edges":['
        + ",".join(f'{{"source":"{source}","target":"{target}"}}' for source, target in edges)
        + "]}}"
    )


MANY = 50_000
INNER = 20_000
STAR = ResourceGraph((Vertex("r", "cluster"), *(Vertex(f"n{n}", "node", 0) for n in range(100_000))))


def subsystem(inside, outside=INNER):
    """A subsystem of 20,000 vertices, some contained by a vertex of the cluster each, and some by one another."""
    return graph(
        (f"s{n}" for n in range(INNER)), [*((f"n{n}", f"s{n}") for n in range(outside)), *inside], metadata="{}"
    )


CONTAINMENTS = {
    "star": lambda: graph(range(MANY), ((0, n) for n in range(1, MANY))),
    "chain": lambda: graph(reversed(range(MANY)), ((n, n + 1) for n in range(MANY - 1))),
    "cycle": lambda: graph(range(MANY), ((n, (n + 1) % MANY) for n in range(MANY))),
    "roots": lambda: graph(range(2 * MANY), ()),
    "a key twice": lambda: "{" + "".join(f'"{n}":1,' for n in range(300_000)) + '"a":1,"a":1}',
    "open brackets": lambda: "[" * (4 << 20),
    "a long number": lambda: "1" * (4 << 20),
    "empty mappings": lambda: "[" + "{}," * 1_300_000 + "1]",
}
SUBSYSTEMS = {
    "a chain": lambda: subsystem((f"s{n}", f"s{n + 1}") for n in range(INNER - 1)),
    "a chain upwards": lambda: subsystem((f"s{n + 1}", f"s{n}") for n in range(INNER - 1)),
    "a cycle": lambda: subsystem((f"s{n}", f"s{(n + 1) % INNER}") for n in range(INNER)),
    "one container of many, itself in many": lambda: graph(
        (f"s{n}" for n in range(INNER)),
        [*((f"n{n}", "s0") for n in range(INNER)), *(("s0", f"s{n}") for n in range(1, INNER))],
        metadata="{}",
    ),
    "one vertex in all": lambda: graph(["s"], ((f"n{n}", "s") for n in range(95_000)), metadata="{}"),
    "many vertices": lambda: subsystem(()),
    "many fields": lambda: graph(["s"], [("r", "s")], "{" + "".join(f'"f{n}":1,' for n in range(250_000)) + '"a":1}'),
}


@pytest.mark.parametrize("kind", CONTAINMENTS)
def test_a_containment_graph_is_read_or_refused_in_time(kind):
    text = CONTAINMENTS[kind]()
    assert len(text) <= 4 << 20
    in_time(lambda: parse_containment(parse_json(text, "nodes"), "nodes"))


@pytest.mark.parametrize("kind", SUBSYSTEMS)
def test_a_subsystem_is_read_or_refused_in_time(kind):
    text = SUBSYSTEMS[kind]()
    assert len(text) <= 4 << 20
    found = in_time(lambda: parse_subsystem(parse_json(text, "x"), "x", STAR, "x"))
    refused = kind not in ("one vertex in all", "many vertices", "many fields")
    assert ("attach to too many containment vertices" in str(found)) == refused


# What is kept of strangers' texts


def jobspec(entry, kind="range"):
    return {"version": 1, "task": {"resources": {"p": {kind: [entry]}}}}


def nextgen(entry):
    return {"version": 1, "resources": {"a": {"requires": [{"name": "p", **entry}]}}}


ALIKE = [1, 1.0, True, "1", 2, "2", 0.0, -0.0]
FORMS = (jobspec, functools.partial(jobspec, kind="match"), nextgen)


@given(st.lists(st.tuples(st.sampled_from(FORMS), st.sampled_from(["min", "max", "match"]), st.sampled_from(ALIKE))))
def test_what_was_read_before_changes_nothing(asked):
    def outcome(form, key, value):
        try:
            return repr(parse_jobspec(form({"field": "x", key: value}), "job"))
        except InputError as error:
            return str(error)

    known._known.clear()
    together = [outcome(*one) for one in asked]
    for one, found in zip(asked, together, strict=True):
        known._known.clear()
        assert outcome(*one) == found


def test_a_requirement_is_shown_as_it_was_written_each_time():
    for text in ("1.2", "1-2", "1.2"):
        (requirement,) = parse_jobspec(jobspec({"field": "version", "min": text}), "job").requirements
        assert str(requirement) == f"p@{text}:"


def test_what_is_kept_is_bounded(monkeypatch):
    monkeypatch.setattr(known, "MOST", 300)
    known._known.clear()
    tracemalloc.start()
    try:
        for number in range(450):
            text = hashlib.sha256(str(number).encode()).hexdigest()
            for bound in (text[:40], text, text * 2, text * 4):
                parse_jobspec(jobspec({"field": "x", "min": bound}), "job")
        assert tracemalloc.get_traced_memory()[0] < 300 * (20 << 10)
    finally:
        tracemalloc.stop()
    assert 0 < len(known._known) <= 300
    longest = max(sum(map(len, key[1:2])) + sum(len(part) for pair in key[2:] for part in pair) for key in known._known)
    assert 64 < longest <= known.LONGEST
    assert parse_version("1" * LONGEST_KEPT) is parse_version("1" * LONGEST_KEPT)
    assert parse_version("1" * (LONGEST_KEPT + 1)) is not parse_version("1" * (LONGEST_KEPT + 1))
    assert MOST_KEPT < 20_000


# Hashes that nobody outside can foresee

NUMBERS = (
    st.none() | st.integers() | st.floats(allow_nan=False) | st.booleans() | st.integers().map(lambda n: n * MODULUS)
)


@given(NUMBERS, NUMBERS)
def test_equal_bounds_have_one_hash(one, other):
    first, second = InNumericRange(one, None), InNumericRange(other, None)
    assert first != second or hash(first) == hash(second)


@pytest.mark.parametrize(("one", "other"), [(1, 1.0), (1, True), (0.0, -0.0), (10**30, 1e30), (0, False)])
def test_bounds_of_several_types_can_be_equal(one, other):
    assert (InNumericRange(one) == InNumericRange(other)) == (one == other)
    assert one != other or hash(InNumericRange(one)) == hash(InNumericRange(other))


def test_no_two_of_many_have_one_hash():
    multiples = [number * MODULUS for number in range(1, 500)]
    assert len({hash(InNumericRange(number)) for number in multiples}) == len(multiples)
    assert len({hash(Version(str(number))) for number in multiples}) == len(multiples)
    assert len({hash(InVersionRange(parse_bounds(str(number), None))) for number in multiples}) == len(multiples)


@given(
    st.sampled_from(["1.2", "1-2", "1.02", "1_2", "1.2.0", "01.2"]), st.sampled_from(["1.2", "1-2", "1.02", "1.2.0"])
)
def test_versions_written_otherwise_have_one_hash(one, other):
    assert (Version(one) == Version(other)) <= (hash(Version(one)) == hash(Version(other)))
    first, second = parse_bounds(one, None), parse_bounds(other, None)
    assert (first == second) <= (hash(first) == hash(second))


@given(st.lists(st.text(max_size=3), min_size=1), st.text(max_size=3) | st.integers() | st.booleans())
def test_one_of_many_texts_holds_where_one_is_equal(texts, value):
    written = {True: "true", False: "false"}.get(value, str(value)) if not isinstance(value, str) else value
    if isinstance(value, int) and not isinstance(value, bool):
        written = str(value)
    assert OneOf(tuple(texts)).holds(value) == (written in texts)
