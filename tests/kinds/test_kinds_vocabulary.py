"""The built-in vocabulary, what is inferred, what is learned, and what is refused at reading."""

import time

import pytest

from placewise.errors import Incomparable, InputError
from placewise.kinds.vertex_test import Answer, VertexTest
from placewise.kinds.vocabulary.builtin import BUILT_IN, aliases_of, kind_of
from placewise.kinds.vocabulary.checking import check_value
from placewise.kinds.vocabulary.inferring import inferred, learned
from placewise.model.fleets.vocabulary import FieldKind, Vocabulary
from placewise.model.requirements.predicates import Contains, Equals, InVersionRange, Within
from placewise.model.requirements.requirement import Condition, Requirement
from placewise.model.versions.version_range import parse_bounds

NOTHING = Vocabulary()


@pytest.mark.parametrize(
    ("subsystem", "field", "kind"),
    [
        ("gcc", "version", "version"),
        ("node", "compiler_version", "version"),
        ("node", "kernel-version", "version"),
        ("libc", "release", "version"),
        ("arch", "target", "target"),
        ("cpu", "microarchitecture", "target"),
        ("node", "memory", "quantity"),
        ("node", "ram", "quantity"),
        ("node", "disk", "quantity"),
        ("memory", "size", "quantity"),
        ("memory", "value", "quantity"),
        ("gpu", "capability", "number"),
        ("gpu", "compute_capability", "number"),
        ("gpu", "vendor", "text"),
        ("gpu", "model", "text"),
        ("filesystem", "type", "text"),
        ("node", "hostname", "text"),
        ("arch", "arch", "text"),
    ],
)
def test_well_known_fields_have_a_kind(subsystem, field, kind):
    assert kind_of(NOTHING, subsystem, field).name == kind
    said = Vocabulary(kinds={(subsystem, field): FieldKind("set")})
    assert kind_of(said, subsystem, field).name == "set"
    assert kind_of(Vocabulary(kinds={("", field): FieldKind("flag")}), subsystem, field).name == "flag"


@pytest.mark.parametrize(
    ("subsystem", "field"), [("gpu", "size"), ("x", "driver"), ("x", "conversion"), ("x", "features")]
)
def test_other_fields_have_none(subsystem, field):
    assert kind_of(NOTHING, subsystem, field) is None


def test_the_fleets_other_names_count_before_the_built_in():
    said = Vocabulary(aliases={("arch", "target"): {"amd64": "x86_64_v2", "mine": "zen2"}})
    assert aliases_of(said, "arch", "target", FieldKind("target"))["amd64"] == "x86_64_v2"
    assert aliases_of(said, "arch", "target", FieldKind("target"))["arm64"] == "aarch64"
    assert aliases_of(NOTHING, "cpu", "count", FieldKind("number")) == {}
    assert aliases_of(NOTHING, "cpu", "family", FieldKind("text"))["arm64"] == "aarch64"
    assert aliases_of(NOTHING, "gpu", "family", FieldKind("text")) == {}
    assert BUILT_IN.aliases_of("any", "platform")["ppc64el"] == "ppc64le"


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("number", [8, 8.6, -1]),
        ("flag", [True, False]),
        ("set", [("avx2", "avx512f"), ()]),
        (
            "quantity",
            [
                "512Mi",
                "64 GB",
                "1022318284kb",
                "6000K",
                "2.5GHz",
                "250 W",
                "30s",
                "10 Gbit/s",
                "100Gbps",
                "1.5 TiB",
                "64gb",
            ],
        ),
        ("version", ["525.60.13", "v1.32.3-gke.4", "2.5", "64", "9e", "1.1.1g", "2021.4b", "3g", "1.5.0~git20150128"]),
        (
            "text",
            [
                "lustre",
                "linux-amzn2-x86_64_v3",
                "",
                "v",
                "vv1",
                "1:1.1.1k",
                "a1",
                "1 2",
                "10.0.0.1/8",
                "1,2",
                "1=2=",
                "1" * 100_000,
            ],
        ),
    ],
)
def test_a_kind_is_inferred_from_the_first_value(kind, values):
    for value in values:
        assert inferred(value) == FieldKind(kind), value
        assert inferred(value).inferred


def test_what_is_first_offered_is_learned_and_stays():
    offered = [
        ("gpu", (("memory", 80), ("driver", "525.60"), ("speed", 3), ("speed_unit", "GHz"))),
        ("gpu", (("driver", "none"), ("count", 2), ("size", 4), ("unit", "GB"), ("rank", 0))),
        ("scratch", ()),
        ("gcc", (("version", "12"), ("languages", ("c", "fortran")))),
        ("gcc", (("languages", "c"),)),
    ]
    found = learned(NOTHING, offered)
    assert found.known == {
        "gpu": frozenset(["memory", "driver", "speed", "speed_unit", "count", "size", "unit", "rank"]),
        "scratch": frozenset(),
        "gcc": frozenset(["version", "languages"]),
    }
    assert {name: kind.name for name, kind in found.kinds.items()} == {
        ("gpu", "driver"): "version",
        ("gpu", "speed"): "quantity",
        ("gpu", "speed_unit"): "text",
        ("gpu", "count"): "number",
        ("gpu", "size"): "quantity",
        ("gpu", "unit"): "text",
        ("gpu", "rank"): "number",
        ("gcc", "languages"): "set",
    }
    assert learned(found, offered) is found
    assert learned(found, []) is found
    more = learned(found, [("gpu", (("driver", True), ("extra", True)))])
    assert more.kind_of("gpu", "driver").name == "version"
    assert more.kind_of("gpu", "extra").name == "flag"
    assert more.known["gpu"] == found.known["gpu"] | {"extra"}
    assert more.known["gcc"] == found.known["gcc"]


def test_a_kind_is_learned_of_a_field_that_was_only_known():
    known = Vocabulary(known={"gpu": frozenset(["count", "vendor"])})
    found = learned(known, [("gpu", (("count", 2), ("vendor", "amd")))])
    assert found.kinds == {("gpu", "count"): FieldKind("number")}
    assert found.known == known.known


def test_what_the_fleet_says_is_not_learned_otherwise():
    said = Vocabulary(
        kinds={("", "count"): FieldKind("text")}, aliases={("", "a"): {"b": "c"}}, complete={("x", ""): False}
    )
    found = learned(said, [("gpu", (("count", 2),))])
    assert found.kinds == said.kinds
    assert found.aliases == said.aliases
    assert found.complete == said.complete
    assert found.known == {"gpu": frozenset(["count"])}


@pytest.mark.slow
def test_a_hundred_thousand_vertices_are_learned_from_at_once():
    offered = [("gpu", (("memory", i), ("vendor", f"v{i}"), ("driver", "1.2"))) for i in range(100_000)]
    start = time.perf_counter()
    learned(NOTHING, offered)
    assert time.perf_counter() - start < 0.5


@pytest.mark.parametrize(
    ("subsystem", "field", "value", "says"),
    [
        ("libc", "release", 2.17, r"the version of 'libc', field 'release'.*in quotes: \"2\.17\".*found 2\.17"),
        ("gcc", "version", 12.0, "the version of 'gcc'"),
        ("gcc", "version", ("12", 12.1), "the version of 'gcc'"),
        ("gpu", "model", 1.5, "the text of 'gpu'"),
        ("openssl", "version", "1:1.1.1k-9.el8", "has an epoch, and spack has none.*rpm or debian"),
    ],
)
def test_a_value_that_has_lost_its_meaning_is_refused(subsystem, field, value, says):
    with pytest.raises(InputError, match=f"line 3: .*{says}"):
        check_value(subsystem, field, value, NOTHING, "line 3")


@pytest.mark.parametrize(
    ("subsystem", "field", "value"),
    [
        ("gcc", "version", "12.1"),
        ("gcc", "version", 12),
        ("gcc", "version", "no version"),
        ("gpu", "memory", 80.5),
        ("gpu", "capability", 8.6),
        ("gpu", "else", 8.6),
        ("gpu", "else", "1:2"),
        ("gpu", "model", "1:2"),
        ("gpu", "model", True),
    ],
)
def test_all_else_is_left_to_matching(subsystem, field, value):
    check_value(subsystem, field, value, NOTHING, "line 3")


def test_schemes_with_epochs_have_them_and_inferred_kinds_refuse_nothing():
    for scheme, allowed in (("rpm", True), ("debian", True), ("semver", False), ("spack", False)):
        said = Vocabulary(kinds={("openssl", "version"): FieldKind("version", scheme=scheme)})
        if allowed:
            check_value("openssl", "version", "1:1.1.1k", said, "here")
        else:
            with pytest.raises(InputError, match="has an epoch"):
                check_value("openssl", "version", "1:1.1.1k", said, "here")
    grown = learned(NOTHING, [("gpu", (("driver", "1.2"), ("mode", "fast")))])
    check_value("gpu", "driver", 1.2, grown, "here")
    check_value("gpu", "driver", "1:1.2", grown, "here")
    check_value("gpu", "mode", 1.2, grown, "here")
    with pytest.raises(InputError, match="in quotes"):
        check_value("gpu", "mode", 1.2, Vocabulary(kinds={("gpu", "mode"): FieldKind("text")}), "here")


# A requirement of one vertex


def ask(conditions, values):
    requirement = Requirement("gpu", tuple(Condition(field, predicate) for field, predicate in conditions.items()))
    return VertexTest.of(requirement, NOTHING).ask(values)


def test_one_vertex_meets_all_conditions_together():
    wanted = {"memory": Within(40), "capability": Within("8.0")}
    assert ask(wanted, {"memory": 80, "capability": 8.6}) is Answer.YES
    assert ask(wanted, {"memory": 80, "capability": 7}) is Answer.NO
    assert ask(wanted, {"memory": 80}) is Answer.MISSING
    assert ask(wanted, {"memory": 16}) is Answer.NO
    assert ask({}, {}) is Answer.YES


def test_a_value_that_cannot_be_compared_is_named_unless_another_decides():
    wanted = {"memory": Within("40 GB"), "capability": Within(8)}
    problem = ask(wanted, {"memory": 80, "capability": 8.6})
    assert isinstance(problem, Incomparable)
    assert str(problem).startswith("requirement on 'gpu', field 'memory': the field has no unit")
    # What is missing decides first: where all is described, no vertex without the field meets the test.
    assert ask(wanted, {"memory": 80}) is Answer.MISSING
    assert ask(wanted, {"memory": 80, "capability": 7}) is Answer.NO


@pytest.mark.parametrize(
    ("predicate", "value"), [(InVersionRange(parse_bounds("1", None)), "a b"), (Contains(("a",)), "a")]
)
def test_the_place_is_named_once(predicate, value):
    problem = ask({"version": predicate}, {"version": value})
    assert isinstance(problem, Incomparable)
    assert problem.place == "requirement on 'gpu', field 'version'"


def test_a_bound_of_another_kind_is_refused_when_compiled():
    with pytest.raises(InputError, match="requirement on 'gpu', field 'vendor': a text has no order"):
        ask({"vendor": Equals(">=amd")}, {})
