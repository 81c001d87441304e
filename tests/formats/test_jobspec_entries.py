"""Lists of requirements in documents: which vertices they speak of, and what they refuse."""

import itertools
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placewise.errors import InputError
from placewise.formats.jobs.jobspec import jobspec_document, parse_jobspec
from placewise.formats.jobs.jobspec_lists import parse_job_entries
from placewise.formats.reading import parse_yaml
from placewise.model.requirements.requirement import AllOf, Not, Requirement, all_of


def job(requires, **options):
    entries = parse_yaml(requires, "entries") if isinstance(requires, str) else requires
    return parse_jobspec({"version": 1, "resources": {"r": {"requires": entries}}}, "job", **options)


def line(requires, **options):
    return str(all_of(job(requires, **options).requirements))


def refusal(requires, **options):
    with pytest.raises(InputError) as caught:
        job(requires, **options)
    return str(caught.value)


READ = {
    "[{name: compiler, field: name, match: gcc}, {name: compiler, field: version, min: '12'}]": (
        "compiler{name=gcc, version=12:}"
    ),
    "[{compiler: {name: gcc}}, {name: compiler, field: version, min: '12'}]": "compiler{name=gcc, version=12:}",
    "[{compiler: {name: gcc, version: '12:14'}}]": "compiler{name=gcc, version=12:14}",
    "[{gpu: {memory: {min: 40, max: 80}, capability: {min: '8.0'}, ecc: true}}]": (
        'gpu{capability>="8.0", ecc=true, memory>=40, memory<=80}'
    ),
    "[{mpi: {name: [mpich, mvapich, impi]}}]": "mpi{name in (impi, mpich, mvapich)}",
    "[{cpu: {features: {contains: [avx2, avx512f]}}}, {name: cpu, field: features, contains: sve}]": (
        "cpu{features contains (avx2, avx512f), features contains sve}"
    ),
    "[{io: {type: {match: [a, b]}}}]": "io{type in (a, b)}",
    "[{scratch: {}}]": "scratch",
    "[{name: scratch}]": "scratch",
    "[{name: any}, {name: not, field: a, match: b}]": '"any" and "not"{a=b}'.replace('"any"', "any"),
    "[{name: {a: 1}, x: 2}]": None,
    "[{match: {a: 1}}]": "match{a=1}",
    "[{gpu: {vendor: a}, as: x}, {gpu: {vendor: b}, as: y}]": "gpu{vendor=a} and gpu{vendor=b}",
    "[{gpu: {vendor: a}, as: x}, {gpu: {memory: 8}, as: x}]": "gpu{memory=8, vendor=a}",
    "[{gpu: {vendor: a}}, {gpu: {vendor: b}, as: y}]": "gpu{vendor=a} and gpu{vendor=b}",
    "[{any: [{mpi: {name: openmpi}}, {mpi: {name: mpich}}]}]": "mpi{name=mpich} or mpi{name=openmpi}",
    "[{any: [{all: [{a: {}}, {b: {x: 1}}, {b: {y: 2}}]}, {not: {c: {}}}]}]": "(a and b{x=1, y=2}) or not c",
    "[{all: [{a: {x: 1}}]}, {a: {y: 1}}]": "a{x=1, y=1}",
    "[{not: {compiler: {name: clang}}}, {compiler: {name: gcc}}]": "compiler{name=gcc} and not compiler{name=clang}",
    "[{not: [{a: {x: 1}}, {a: {y: 2}}, {b: {}}]}]": "not (a{x=1, y=2} and b)",
    "[{not: {any: [{a: {}}, {b: {}}]}}]": "not (a or b)",
    "[{gpu: {vendor: n}, as: g}, {any: [{gpu: {memory: 80}, as: g}, {mpi: {}}]}]": (
        "gpu{vendor=n} and (gpu{memory=80, vendor=n} or mpi)"
    ),
    "[{gpu: {vendor: n}, as: g}, {any: [{all: [{a: {}}, {any: [{b: {}}, {gpu: {c: 1}, as: g}]}]}, {mpi: {}}]}]": (
        "((a and (b or gpu{c=1, vendor=n})) or mpi) and gpu{vendor=n}"
    ),
    "[{gpu: {vendor: n}, as: g}, {any: [{gpu: {memory: 80}, as: h}, {mpi: {}}]}]": (
        "gpu{vendor=n} and (gpu{memory=80} or mpi)"
    ),
    "[{arch: {target: '>=x86_64_v3'}}, {memory: {value: '>=16 GB'}}]": (
        'arch{target=">=x86_64_v3"} and memory{value=">=16 GB"}'
    ),
    "[{python: {version: '>=3.8,<3.11'}}]": "python@3.8:<3.11",
    "[{python: {version: '2.7:2.8,3.6:'}}]": "python@2.7:2.8,3.6:",
    "[{python: {version: ['3.8:3.10', '3.12']}}]": "python@3.8:3.10,=3.12",
    "[{gcc: {version: '12:12'}}]": "gcc@12:12",
    "[{gcc: {version: 12}}]": "gcc{version=12}",
    "[{memory: {value: {min: 1Gi}}}]": "memory{value>=1Gi}",
    "[{libc: {release: {min: '2.17', max: 3}}}]": 'libc{release>="2.17", release<=3}',
    "[{m: {size: 8}}, {m: {size: 8.0}}, {m: {size: '8'}}]": "m{size=8}",
    "[{m: {a: [x, y]}}, {m: {a: [y, z]}}]": "m{a in (x, y), a in (y, z)}",
}


@pytest.mark.parametrize("text", [text for text, written in READ.items() if written])
def test_a_list_says(text):
    assert line(text) == READ[text]
    again = parse_jobspec(jobspec_document(job(text), "nextgen"), "job")
    assert again == job(text)
    assert Requirement.parse(READ[text]) == all_of(job(text).requirements)


REFUSED = {
    "[{a: {x: 1}}, {a: {x: 2}}]": "one a cannot meet both x=1 and x=2; expected `as: a` and `as: b`",
    "[{a: {x: [1, 2]}}, {a: {x: [3, 4]}}]": "cannot meet both",
    "[{a: {x: [1, 2]}}, {a: {x: 3}}]": "cannot meet both",
    "[{a: {x: [1, 2]}}, {a: {x: {min: 3}}}]": "cannot meet both",
    "[{a: {x: {min: 3}}}, {a: {x: {max: 2}}}]": "cannot meet both x<=2 and x>=3",
    "[{a: {version: {min: '3'}}}, {a: {version: {max: '2'}}}]": "cannot meet both version=3: and version=:2",
    "[{a: {version: '1'}}, {a: {version: {min: '2'}}}]": "cannot meet both",
    "[{a: {version: '2'}}, {a: {version: '1:1'}}]": "cannot meet both",
    "[{not: [{a: {x: 1}}, {a: {x: 2}}]}]": "resources.r.requires[0].not: one a cannot",
    "[{any: [{all: [{a: {x: 1}}, {a: {x: 2}}]}, {b: {}}]}]": "cannot meet both",
    "[{a: {x: 1}, as: g}, {any: [{a: {x: 2}, as: g}, {b: {}}]}]": "cannot meet both",
    "[{a: {}}, {any: [{a: {x: 1}}, {b: {}}]}]": "'a' occurs in a list and in an `any` inside it",
    "[{a: {}}, {any: [{all: [{c: {}}, {any: [{a: {x: 1}}, {d: {}}]}]}, {b: {}}]}]": "'a' occurs in a list",
    "[{any: [{all: [{a: {}}, {any: [{a: {x: 1}}, {d: {}}]}]}, {b: {}}]}]": "'a' occurs in a list",
    "[{any: [{a: {}}, {b: {}}]}, {any: [{a: {x: 1}}, {c: {}}]}]": "'a' occurs in a list",
    "[{any: [{a: {}, as: g}, {b: {}}]}, {any: [{a: {x: 1}, as: g}, {c: {}}]}]": "the label 'g' of 'a' occurs in two",
    "[{any: []}]": "requires[0].any: asks for nothing",
    "[{all: []}]": "requires[0].all: asks for nothing",
    "[{not: []}]": "requires[0].not: asks for nothing",
    "[{any: {a: {}}}]": "requires[0].any: is not a list",
    "[{not: a}]": "requires[0].not: is not a list",
    "[{any: [{a: {}}], as: g}]": "shares its entry",
    "[{any: [{a: {}}], not: {b: {}}}]": "shares its entry",
    "[{any: [{a: {}}, 5]}]": "requires[0].any[1]: is not a mapping",
    "[{}]": "requires[0]: is not a requirement",
    "[{as: a}]": "requires[0]: is not a requirement",
    "[{a: {}, b: {}}]": "is not a requirement",
    "[{a: 5}]": "is not a requirement",
    "[{a: null}]": "is not a requirement",
    "[{a: {}, as: null}]": "requires[0].as: is not text",
    "[{a: {}, as: ''}]": "requires[0].as: is not text",
    "[{a: {}, as: [b]}]": "requires[0].as: is not text",
    "[{a: {x: null}}]": "is not a plain value",
    "[{a: {x: []}}]": "no value can meet",
    "[{a: {x: {}}}]": "requires[0].a.x: has neither",
    "[{a: {x: {least: 1}}}]": "'least' is not understood",
    "[{a: {x: {min: 1, match: 2}}}]": "a value and a range are both given",
    "[{a: {x: {min: 1, contains: 2}}}]": "contains and another test are both given",
    "[{a: {x: {min: 2, max: 1}}}]": "the minimum 2 exceeds the maximum 1",
    "[{a: {x: {max: null}}}]": "is not a bound",
    "[{a: {x: {min: true}}}]": "is not a bound",
    "[{a: {x: {min: [1]}}}]": "is not a bound",
    "[{a: {x: {contains: []}}}]": "no value can meet",
    "[{a: {x: {contains: {b: 1}}}}]": "is not a plain value",
    "[{a: {x: [[1]]}}]": "is not a plain value",
    "[{a: {'': 1}}]": "is not text",
    "[{a: {version: 1.10}}]": "quoted version",
    "[{a: {release: 2.17}}]": "quoted version",
    "[{a: {release: {min: 2.17}}}]": "quoted version",
    "[{a: {version: '3:2'}}]": "exceeds",
    "[{name: a, field: x}]": "neither a value to match",
    "[{name: a, min: 1}]": "requires[0].field",
    "[{name: a, b: {}}]": "'b' is not understood",
    "[{name: a, any: [{b: {}}]}]": "'any' is not understood",
    "[{name: {x: 1}}]": "requires[0].name: is not text",
}


@pytest.mark.parametrize("text", REFUSED)
def test_a_list_is_refused(text):
    message = refusal(text)
    assert message.startswith("job 'job', resources.r.requires")
    assert REFUSED[text] in message


def test_what_may_hold_of_one_vertex_is_not_refused():
    for first, second in (
        ("{x: '>=16 GB'}", "{x: '<=32 GB'}"),
        ("{x: {min: 1Gi}}", "{x: {max: 1Mi}}"),
        ("{x: 80GB}", "{x: {min: 40}}"),
        ("{version: '1.2'}", "{version: '1:2'}"),
        ("{version: '1.2'}", "{version: ['1.2', '1.3']}"),
        ("{x: 8}", "{x: [8.0, 9]}"),
        ("{x: 8}", "{x: {max: 8}}"),
    ):
        assert len(job(f"[{{a: {first}}}, {{a: {second}}}]").requirements) == 1


APART = "[{compiler: {name: gcc}}, {name: compiler, field: name, match: clang}, {any: [{compiler: {a: 1}}, {b: {}}]}]"


def test_entries_may_stand_each_for_a_vertex():
    assert line(APART, separate_entries=True) == (
        "(b or compiler{a=1}) and compiler{name=clang} and compiler{name=gcc}"
    )
    assert "cannot meet" in refusal(APART)
    both = "[{compiler: {name: gcc, version: '12'}}, {gpu: {a: 1}, as: g}, {gpu: {b: 1}, as: g}]"
    assert line(both, separate_entries=True) == "compiler{name=gcc, version=12} and gpu{a=1, b=1}"


def task(resources, **options):
    return parse_jobspec({"version": 1, "task": {"resources": resources}}, "job", **options)


def test_task_resources_are_of_one_vertex_a_subsystem():
    entries = {
        "match": [{"field": "name", "match": "gcc"}],
        "range": [{"field": "version", "min": "12"}, {"field": "size", "max": "1Gi"}],
    }
    assert [str(one) for one in task({"compiler": entries}).requirements] == [
        "compiler{name=gcc, size<=1Gi, version=12:}"
    ]
    assert len(task({"compiler": entries}, separate_entries=True).requirements) == 3
    apart = {"match": [{"field": "a", "match": "1", "as": "x"}, {"field": "a", "match": "2", "as": "y"}]}
    found = task({"gpu": apart})
    assert len(found.requirements) == 2
    assert parse_jobspec(jobspec_document(found, "task-resources"), "job") == found
    for one in apart["match"]:
        one.pop("as")
    with pytest.raises(InputError, match=r"one gpu cannot meet both a=1 and a=2.*`as: a`"):
        task({"gpu": apart})


def test_a_label_stands_only_where_it_is_needed():
    document = jobspec_document(job("[{a: {x: 1}, as: g}, {any: [{b: {}}, {all: [{b: {y: 1}}, {c: {}}]}]}]"), "nextgen")
    assert document["resources"]["default"]["requires"] == [
        {"name": "a", "field": "x", "match": "1"},
        {"any": [{"b": {}}, {"all": [{"name": "b", "field": "y", "match": "1"}, {"c": {}}]}]},
    ]
    two = jobspec_document(job("[{a: {x: 1}, as: g}, {a: {y: 1}, as: h}]"), "nextgen")
    assert [entry["as"] for entry in two["resources"]["default"]["requires"]] == ["g", "h"]


def nested(word, depth):
    entry = {"a": {}}
    for number in range(depth):
        entry = {word: [entry, {f"b{number}": {}}]}
    return [entry]


def mixed(depth):
    entry = {"a": {}}
    for number in range(depth):
        entry = {"any": [{"all": [entry, {f"b{number}": {}}]}, {f"c{number}": {}}]}
    return [entry]


def doubled(depth):
    entry = {"a": {}}
    for _ in range(depth):
        entry = {"any": [entry, entry]}
    return [entry]


HOSTILE = {
    "not in not": lambda: nested("not", 20_000),
    "any in any": lambda: nested("any", 20_000),
    "all in all": lambda: nested("all", 20_000),
    "doubled": lambda: doubled(60),
    "many of many": lambda: [{"any": [{"all": [{"a": {}}] * 1000}] * 1000}],
    "many branches": lambda: [{"any": [{f"a{n}": {}} for n in range(5000)]}],
    "deep": lambda: mixed(30),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_what_is_too_deep_or_too_many_is_refused_quickly(kind):
    entries = HOSTILE[kind]()
    start = time.perf_counter()
    message = refusal(entries)
    assert "nested" in message or "too many" in message
    assert time.perf_counter() - start < 3


@pytest.mark.parametrize(
    "entries",
    [
        [{"a": {"version": {"min": str(n)}}} for n in range(5000)],
        [{"a": {"x": list(range(30_000))}}, *({"a": {"x": {"max": 99_999 - n}}} for n in range(4000))],
        [{"a": {"version": ",".join(f"{n}:{n}" for n in range(0, 8_000, 2))}}] * 2
        + [{"a": {"version": ",".join(f"{n}:{n}" for n in range(0, 4_000, 4))}}],
        [{f"a{n}": {}} for n in range(10_000)],
        [*({f"a{n}": {}} for n in range(4000)), *({"any": [{f"b{n}": {}}, {f"c{n}": {}}]} for n in range(4000))],
        [
            {"a": {"x": 1}, "as": "g"},
            *({"a": {"x": n}, "as": f"g{n}"} for n in range(1500)),
            *({"any": [{"a": {"y": n}, "as": f"g{n}"}, {f"c{n}": {}}]} for n in range(1500)),
        ],
    ],
)
def test_many_conditions_are_read_quickly(entries):
    start = time.perf_counter()
    assert job(entries).requirements
    assert time.perf_counter() - start < 3


def test_expressions_to_the_bound_are_read_and_written():
    found = job(mixed(14))
    assert parse_jobspec(jobspec_document(found, "nextgen"), "job") == found
    wide = job([{"any": [{f"a{n}": {}} for n in range(1000)]}])
    assert parse_jobspec(jobspec_document(wide, "nextgen"), "job") == wide


FIELDS = {"version": ["1.2", "1:2"], "name": ["gcc", 1, True, ["a", "b"], {"min": 2}, {"contains": "x"}]}
values = st.sampled_from(sorted(FIELDS)).flatmap(lambda f: st.tuples(st.just(f), st.sampled_from(FIELDS[f])))
vertices = st.builds(
    lambda name, pairs: {name: dict(pairs)}, st.sampled_from(["a", "b", "c", "d"]), st.lists(values, max_size=2)
)
entries = st.recursive(
    vertices,
    lambda inner: st.builds(
        lambda word, inside: {word: inside},
        st.sampled_from(["any", "all", "not"]),
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=6,
)
WRONG = st.sampled_from([None, [None], [[1]], {"surprise": None}, {"min": None}, float("nan")])


def places(value, path=()):
    """Every place of a document, with what stands there."""
    yield path, value
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inside:
        yield from places(one, (*path, key))


def replaced(value, path, new):
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(value[path[0]], path[1:], new)
    return copy


def nextgen_document(listed):
    return {
        "version": 1,
        "name": "j",
        "resources": {"r": {"type": "node", "count": 2, "requires": listed}},
        "task": {"command": ["x"], "resources": "r"},
    }


task_entries = st.dictionaries(
    st.sampled_from(["a", "b"]),
    st.fixed_dictionaries(
        {
            "match": st.lists(
                st.fixed_dictionaries({"field": st.just("x"), "match": st.sampled_from(["1", ["1", "2"]])})
            )
        },
        optional={"range": st.just([{"field": "version", "min": "1"}, {"field": "size", "max": 4, "as": "g"}])},
    ),
    min_size=1,
)
DOCUMENTS = {
    "nextgen": (
        st.lists(entries, min_size=1, max_size=4).map(nextgen_document),
        lambda found: parse_jobspec(found, "j"),
    ),
    "task-resources": (
        task_entries.map(lambda found: {"version": 1, "task": {"command": ["x"], "resources": found}}),
        lambda found: parse_jobspec(found, "j"),
    ),
    "lists of jobs": (
        st.lists(entries, min_size=1, max_size=4).map(lambda listed: [{"name": "j", "requires": listed}]),
        lambda found: parse_job_entries(found, "jobs"),
    ),
}


@pytest.mark.parametrize("kind", DOCUMENTS)
@given(data=st.data())
def test_an_unknown_key_or_a_value_of_a_wrong_type_is_refused(kind, data):
    documents, read = DOCUMENTS[kind]
    document = data.draw(documents)
    try:
        read(document)
    except InputError:
        return
    path, value = data.draw(st.sampled_from(list(places(document))))
    names_fields = kind != "task-resources" and path and path[-1] in ("a", "b", "c", "d")  # an unknown key is a field
    if isinstance(value, dict) and not names_fields and data.draw(st.booleans()):
        changed = replaced(document, path, {**value, "surprise": data.draw(st.sampled_from([1, "x", None, {}, []]))})
    else:
        changed = replaced(document, path, data.draw(WRONG))
    with pytest.raises(InputError):
        read(changed)


def test_the_top_of_a_job_has_no_conjunction():
    found = job("[{all: [{a: {}}, {all: [{b: {}}, {any: [{c: {}}]}]}]}]")
    assert not any(isinstance(part, AllOf) for part in found.requirements)
    assert len(found.requirements) == 3


small = st.sampled_from([{"x": 1}, {"x": 2}, {"y": 1}, {"x": 1, "y": 1}, {}])
marked = st.builds(
    lambda name, fields, label: {name: fields, **({"as": label} if label else {})},
    st.sampled_from(["a", "b"]),
    small,
    st.sampled_from(["", "g", "h"]),
)
marked_lists = st.lists(
    st.recursive(
        marked,
        lambda inner: st.builds(
            lambda word, inside: {word: inside},
            st.sampled_from(["any", "any", "all", "not"]),
            st.lists(inner, min_size=1, max_size=3),
        ),
        max_leaves=5,
    ),
    min_size=1,
    max_size=3,
)
vertex = st.dictionaries(st.sampled_from(["x", "y"]), st.sampled_from(["1", "2"]))
clusters = st.fixed_dictionaries({"a": st.lists(vertex, max_size=3), "b": st.lists(vertex, max_size=2)})


def vertices_of(entry):
    """The vertices that an entry speaks of, outside of any `not`."""
    if "not" in entry:
        return set()
    if inside := entry.get("any", entry.get("all")):
        return set().union(*map(vertices_of, inside))
    return {(next(iter(entry)), entry.get("as", ""))}


def holds_somehow(listed, cluster):
    """Whether some choice of a vertex for each that the list speaks of makes all entries true."""
    keys = sorted(set().union(*map(vertices_of, listed)))
    choices = itertools.product(*(cluster[name] or [None] for name, _ in keys))
    return any(
        all(entry_holds(one, dict(zip(keys, chosen, strict=True)), cluster) for one in listed) for chosen in choices
    )


def entry_holds(entry, chosen, cluster):
    if "any" in entry:
        return any(entry_holds(one, chosen, cluster) for one in entry["any"])
    if "all" in entry:
        return all(entry_holds(one, chosen, cluster) for one in entry["all"])
    if "not" in entry:
        return not holds_somehow(entry["not"], cluster)
    name = next(iter(entry))
    one = chosen[name, entry.get("as", "")]
    return one is not None and all(one.get(field) == str(value) for field, value in entry[name].items())


def expression_holds(expression, cluster):
    if isinstance(expression, Requirement):
        return any(
            all(c.field in one and c.predicate.holds(one[c.field]) for c in expression.conditions)
            for one in cluster[expression.subsystem]
        )
    if isinstance(expression, Not):
        return not expression_holds(expression.part, cluster)
    join = all if isinstance(expression, AllOf) else any
    return join(expression_holds(part, cluster) for part in expression.parts)


@given(marked_lists, st.lists(clusters, min_size=1, max_size=5))
@settings(max_examples=settings.default.max_examples * 5)
def test_a_list_holds_where_some_choice_of_vertices_meets_it(listed, fleet):
    try:
        parts = job(listed).requirements
    except InputError:
        return
    for cluster in fleet:
        assert all(expression_holds(part, cluster) for part in parts) == holds_somehow(listed, cluster)
