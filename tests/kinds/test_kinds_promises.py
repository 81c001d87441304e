"""What one vertex answers to entries that were once answered wrongly: yes, no, refused, or not to be compared."""

import pytest

from placewise.errors import Incomparable, InputError
from placewise.formats.jobs.jobspec import parse_jobspec
from placewise.formats.reading import parse_yaml
from placewise.kinds.vertex_test import VertexTest
from placewise.kinds.vocabulary.inferring import learned
from placewise.model.fleets.vocabulary import FieldKind, Vocabulary
from placewise.model.requirements.requirement import Requirement


def answer(entries, values, kinds=None):
    """Return what a vertex answers to entries of a jobspec, or to a line that begins with its subsystem."""
    try:
        requirement = requirement_of(entries)
        vocabulary = Vocabulary({(requirement.subsystem, field): kind for field, kind in (kinds or {}).items()})
        vocabulary = learned(vocabulary, [(requirement.subsystem, tuple(values.items()))])
        found = VertexTest.of(requirement, vocabulary).ask(values)
    except InputError:
        return "refused"
    return "incomparable" if isinstance(found, Incomparable) else found.value


def requirement_of(entries):
    if not entries.startswith("{"):
        return Requirement.parse(entries)
    document = parse_yaml(f"version: 1\nresources: {{d: {{requires: [{entries}]}}}}\n", "job")
    (requirement,) = parse_jobspec(document, "job").requirements
    return requirement


COMMIT = "deadbeef" * 5


@pytest.mark.parametrize(
    ("entry", "version", "right"),
    [
        ('{app: {version: {min: "latest"}}}', "12.1", "refused"),
        ('{app: {version: "latest:"}}', "12.1", "refused"),
        ('{app: {version: ">latest"}}', "12.1", "refused"),
        ("app@latest:", "12.1", "refused"),
        ("app@latest", "12.1", "no"),
        ("app@latest", "latest", "yes"),
        ('{app: {version: "!=latest"}}', "12.1", "yes"),
        ('{app: {version: {max: "4.1"}}}', "unknown", "incomparable"),
        ('{app: {version: {min: "4.1"}}}', "unknown", "incomparable"),
        ('{app: {version: {max: "4.1"}}}', COMMIT, "incomparable"),
        ('{app: {version: {max: "4.1"}}}', f"{COMMIT}=1.2", "yes"),
        ('{app: {version: {max: "4.1"}}}', "git.main", "incomparable"),
        ('{app: {version: {max: "4.1"}}}', "git.main=develop", "no"),
        ('{app: {version: "develop:"}}', "12.1", "no"),
        (f'{{app: {{version: "{COMMIT}"}}}}', COMMIT, "yes"),
        ('{app: {version: {min: "1.3.0"}}}', "1.3.0-Preview1", "no"),
    ],
)
def test_a_word_that_is_no_version_has_no_place_in_the_order(entry, version, right):
    assert answer(entry, {"version": version}) == right


@pytest.mark.parametrize(
    ("entry", "target", "right"),
    [
        ("{arch: {target: {min: zen3, max: zen2}}}", "zen2", "refused"),
        ('{arch: {target: ">=zen3,<zen2"}}', "zen2", "refused"),
        ("{arch: {target: {min: zen2, max: skylake}}}", "zen2", "refused"),
        ('{arch: {target: "zen:zen3"}}', "zen2", "yes"),
        ('{arch: {target: "zen2,skylake"}}', "zen2", "yes"),
        ('{arch: {target: "zen2,skylake"}}', "haswell", "no"),
        ('{arch: {target: "zen2,"}}', "haswell", "refused"),
        ("{arch: {target: zenn2}}", "zen2", "incomparable"),
        ("{arch: {target: x86_64_v3}}", "linux-amzn2-x86_64_v3", "no"),
        ("{arch: {target: [zenn2, zen2]}}", "zen2", "yes"),
        ("{arch: {target: x86_64}}", "amd64", "yes"),
        ("{gpu: {target: gfx90a}}", "gfx908", "no"),
        ("{gpu: {target: gfx90a}}", "gfx90a", "yes"),
    ],
)
def test_targets_that_cannot_be_understood_are_no_quiet_no(entry, target, right):
    assert answer(entry, {"target": target}) == right


@pytest.mark.parametrize("asked", ['">=avx2"', '[">=avx2", fma]'])
def test_a_set_has_no_order(asked):
    right = FieldKind("set")
    assert answer(f"{{cpu: {{features: {asked}}}}}", {"features": ("avx2", "fma")}, {"features": right}) == "refused"
    assert answer(f"{{cpu: {{features: {asked}}}}}", {"features": ("avx2", "fma")}) == "incomparable"


@pytest.mark.parametrize(
    ("asked", "members", "right"),
    [
        ("gpu{capabilities contains 9.0}", (8, 9), "yes"),
        ('gpu{capabilities contains "9.0"}', (8, 9), "yes"),
        ("gpu{capabilities contains (8, 9.0)}", (8.0, 9), "yes"),
        ("gpu{capabilities in (9.0, 10)}", (8, 9), "yes"),
        ("gpu{capabilities contains 9.5}", (8, 9), "no"),
        ("gpu{capabilities contains 1}", (True,), "no"),
        ("gpu{capabilities contains 1.10}", ("1.1",), "no"),
    ],
)
def test_a_number_in_a_set_is_the_same_however_it_is_written(asked, members, right):
    assert answer(asked, {"capabilities": members}) == right


DEBIAN = FieldKind("version", scheme="debian")


@pytest.mark.parametrize(
    ("entry", "version", "right"),
    [
        ('{ssl: {version: {min: "1:0.5"}}}', "1:0.9-1", "yes"),
        ('{ssl: {version: {min: "1:0.5"}}}', "1.2.3-1", "no"),
        ('{ssl: {version: {min: "1:0.9", max: "1:0.5"}}}', "1:0.7", "refused"),
        ('{ssl: {version: ">=1:0.5,<2:0"}}', "1:0.9-1", "yes"),
        ('{ssl: {version: "1:0.5:"}}', "2:0.1-1", "yes"),
        ('{ssl: {version: ":1:0.9-1"}}', "2:0.1-1", "no"),
        ('{ssl: {version: "1:0.9-1"}}', "1:0.9-1", "yes"),
        ('{ssl: {version: "1:1.1.1k-9.el8"}}', "1.1.1a-1", "no"),
        ('{ssl: {version: ["1:0.9-1", "1.2.3-1"]}}', "1.2.3-1", "yes"),
        ('{ssl: {version: "!=1:0.9-1"}}', "1:0.9-1", "no"),
        ('{ssl: {version: "1:2.0"}}', "1:2.0", "incomparable"),
        ('{ssl: {version: {min: "1", max: "2.0"}}}', "1.5-1", "yes"),
        ('{ssl: {version: "==1:2.0"}}', "1.5-1", "no"),
        ("ssl@1:0.9-1", "1:0.9-1", "yes"),
        ("ssl@=1:0.9-1", "1:0.9-1", "yes"),
        ("ssl{version>=1:0.5, version<=1:0.9-1}", "1:0.9-1", "yes"),
        ("ssl{version<1:0.5}", "1.2.3-1", "yes"),
        ("ssl{version!=1:0.9-1}", "1:0.9-1", "no"),
        ("ssl{version in (1:0.9-1, 1.2.3-1)}", "1:0.9-1", "yes"),
    ],
)
def test_epochs_are_asked_for_where_the_scheme_has_them(entry, version, right):
    assert answer(entry, {"version": version}, {"version": DEBIAN}) == right
    if not entry.startswith("{"):
        assert Requirement.parse(str(Requirement.parse(entry))) == Requirement.parse(entry)


@pytest.mark.parametrize(
    ("entry", "version", "right"),
    [
        ('{ssl: {version: {min: "1:0.5"}}}', "1.0", "refused"),
        ('{ssl: {version: ">=1:0.5"}}', "1.0", "refused"),
        ("ssl@1:0.9-1", "1.0", "refused"),
        ("ssl@12:14-rc1", "13", "yes"),
        ('ssl@"12: 14-rc1"', "13", "yes"),
    ],
)
def test_spacks_order_has_no_epochs(entry, version, right):
    assert answer(entry, {"version": version}) == right


def test_a_range_that_looks_like_an_epoch_is_written_apart():
    requirement = requirement_of('{ssl: {version: {min: "12", max: "14-rc1"}}}')
    assert str(requirement) == 'ssl@"12: 14-rc1"'
    assert Requirement.parse(str(requirement)) == requirement


@pytest.mark.parametrize(("bound", "right"), [("8.9", "yes"), ("8.10", "yes"), ("8.11", "no")])
def test_a_release_on_a_line_keeps_its_digits(bound, right):
    assert answer(f"os{{release>={bound}}}", {"release": "8.10"}) == right


@pytest.mark.parametrize(
    "entry",
    [
        "{memory: {value: {min: 1Ti}}}, {memory: {value: {max: 1Gi}}}",
        '{disk: {value: {min: "10"}}}, {disk: {value: {max: "9"}}}',
        "{arch: {target: {min: zen3}}}, {arch: {target: {max: zen2}}}",
        "memory{value>=40, value<30}",
        'memory{value>"16 GB", value<"1 Gi"}',
    ],
)
def test_bounds_of_two_entries_that_cross_are_refused(entry):
    assert answer(entry, {"value": "64Gi", "target": "zen2"}) == "refused"


@pytest.mark.parametrize("value", ["0.5", 0.5, "64Gi"])
def test_so_are_those_on_a_field_whose_kind_is_inferred(value):
    bounds = ("1", "0") if isinstance(value, str) else (1, 0)
    bounds = ("1Ti", "1Gi") if value == "64Gi" else bounds
    entries = "{{a: {{x: {{min: {!r}}}}}}}, {{a: {{x: {{max: {!r}}}}}}}".format(*bounds)
    assert answer(entries, {"x": value}) == "refused"
    assert answer(entries.replace(repr(bounds[1]), repr(bounds[0])), {"x": value}) != "refused"


def test_a_first_value_that_is_a_word_stops_nobody():
    requirement = Requirement.parse("gpu{driver>=525}")
    vocabulary = learned(Vocabulary(), [("gpu", (("driver", "none"),)), ("gpu", (("driver", "525.60.13"),))])
    test = VertexTest.of(requirement, vocabulary)
    assert isinstance(test.ask({"driver": "none"}), Incomparable)
    assert test.ask({"driver": "525.60.13"}).value == "yes"
    assert test.ask({"driver": "510.1"}).value == "no"
    assert test.ask({"driver": 530}).value == "yes"


@pytest.mark.parametrize(
    ("entry", "values", "right"),
    [
        ("{disk: {size: {min: 40}}}", {"size": 80}, "yes"),
        ("{disk: {size: {min: 40}}}", {"size": 80, "unit": ""}, "yes"),
        ("{disk: {size: {min: 40}}}", {"size": 80, "unit": "GB"}, "incomparable"),
        ("{disk: {size: {min: 40}}}", {"size": 80, "size_unit": "MB"}, "incomparable"),
        ("{disk: {size: {min: 40}}}", {"size": "80", "unit": "MB"}, "incomparable"),
        ("{disk: {size: {min: 40}}}", {"size": 80, "unit": "devices"}, "yes"),
        ('{disk: {size: {min: "40 GB"}}}', {"size": 80, "unit": "GB"}, "yes"),
        ('{disk: {size: {min: "40 GB"}}}', {"size": 80, "unit": "MB"}, "no"),
    ],
)
def test_a_bare_bound_is_not_compared_with_a_number_of_a_unit(entry, values, right):
    assert answer(entry, values) == right
