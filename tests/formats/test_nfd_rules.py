"""NFD's rules applied to the features of nodes, and what of them is not followed."""

import json
import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placewise.errors import InputError
from placewise.formats.fleets.imports.import_settings import ImportSettings
from placewise.formats.fleets.imports.kinds import import_given
from placewise.formats.fleets.imports.kubernetes.nfd.matching import Expression, NodeFeatures, matches
from placewise.formats.given import Given
from placewise.formats.notations.nfd_regexps import compiled, found_in, literals

FEATURES = {
    "attributes": {
        "kernel.version": {"elements": {"major": "6", "minor": "12", "full": "6.12.1-rt"}},
        "kernel.config": {"elements": {"X86": "y", "LSM": "apparmor"}},
        "cpu.topology": {"elements": {"hardware_multithreading": "false", "socket_count": "2"}},
        "cpu.sst": {"elements": {}},
    },
    "flags": {"cpu.cpuid": {"elements": {"AVX2": {}, "AVX512F": {}}}},
    "instances": {
        "pci.device": {
            "elements": [
                {"attributes": {"vendor": "8086", "class": "0200"}},
                {"attributes": {"vendor": "10de", "class": "0300"}},
            ]
        },
        "usb.device": {"elements": []},
    },
}
NODE = NodeFeatures(
    {name: one["elements"] for name, one in FEATURES["attributes"].items()},
    {"cpu.cpuid": {"AVX2", "AVX512F"}},
    {
        "pci.device": [one["attributes"] for one in FEATURES["instances"]["pci.device"]["elements"]],
        "usb.device": [],
    },
)


def imported(*rules, also=(), name="n1"):
    feature = {"kind": "NodeFeature", "metadata": {"name": name}, "spec": {"features": FEATURES}}
    objects = [
        {"kind": "NodeFeatureRule", "metadata": {"name": f"r{number}"}, "spec": {"rules": [{"name": "x", **rule}]}}
        for number, rule in enumerate(rules)
    ]
    document = {"kind": "List", "items": [feature, *objects, *also]}
    return import_given("kubernetes", [Given(Path("f.json"), json.dumps(document).encode())], ImportSettings("kube"))


def vertices(found, subsystem):
    return [
        dict(vertex.properties)
        for one in found.clusters[0].subsystems
        if one.name == subsystem
        for vertex in one.vertices
    ]


def labels(found):
    return {one["name"]: one.get("value") for one in vertices(found, "property")}


def dropped(found):
    return [(one.what, one.why) for one in found.dropped]


def term(feature, name=None, **expressions):
    said = {key: {"op": op, "value": list(values)} for key, (op, *values) in expressions.items()}
    named = {"matchName": {"op": name[0], "value": list(name[1:])}} if name else {}
    return {"feature": feature, "matchExpressions": said, **named}


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (term("kernel.version", major=("In", "5", "6")), True),
        (term("kernel.version", major=("In", "5")), False),
        (term("kernel.version", major=("NotIn", "5")), True),
        (term("kernel.version", patch=("NotIn", "5")), False),  # what is not there is equal to nothing, and no match
        (term("kernel.version", major=("Exists",), patch=("DoesNotExist",)), True),
        (term("kernel.version", major=("Gt", "5"), minor=("Lt", "13")), True),
        (term("kernel.version", minor=("Gt", "9")), True),  # 12 is a number, and no text
        (term("kernel.version", minor=("GtLt", "12", "14")), False),
        (term("kernel.version", minor=("GeLe", "12", "14")), True),
        (term("kernel.version", full=("InRegexp", "-rt$")), True),
        (term("kernel.version", full=("InRegexp", "^rt", "^5")), False),
        (term("cpu.topology", hardware_multithreading=("IsFalse",), socket_count=("Ge", "2")), True),
        (term("cpu.sst", bf=("DoesNotExist",)), True),
        (term("cpu.rdt", x=("DoesNotExist",)), False),  # nobody looked for it
        (term("cpu.cpuid", AVX2=("Exists",)), True),
        (term("cpu.cpuid", AVX=("Exists",)), False),
        (term("cpu.cpuid", name=("InRegexp", "^AVX5")), True),
        (term("cpu.cpuid", name=("In", "SSE", "AVX")), False),
        (term("pci.device", **{"vendor": ("In", "10de"), "class": ("In", "0300")}), True),
        (term("pci.device", **{"vendor": ("In", "10de"), "class": ("In", "0200")}), False),  # of one device
        (term("usb.device", vendor=("DoesNotExist",)), False),
        (term("usb.device"), True),
    ],
)
def test_terms(asked, expected):
    assert matches({"matchFeatures": [asked]}, NODE, "r") is expected
    assert matches({"matchFeatures": [asked, term("cpu.cpuid", AVX2=("Exists",))]}, NODE, "r") is expected
    assert matches({"matchAny": [{"matchFeatures": [asked]}]}, NODE, "r") is expected
    never = {"matchFeatures": [term("cpu.cpuid", SSE=("Exists",))]}
    assert matches({"matchAny": [never, {"matchFeatures": [asked]}]}, NODE, "r") is expected
    assert not matches({"matchFeatures": never["matchFeatures"], "matchAny": [{"matchFeatures": [asked]}]}, NODE, "r")


def test_versions_compare_by_their_parts():
    for operator, written, expected in (("Gt", "6.9", True), ("Lt", "6.12", False), ("Ge", "6.12.0", True)):
        assert Expression(operator, (written,), as_version=True).holds("6.12") is expected
    with pytest.raises(InputError):
        Expression("Gt", ("6.1.2.3",), as_version=True).holds("6.1")


def test_a_rule_that_matches_gives_labels_resources_and_taints():
    found = imported(
        {
            "labels": {"my.org/lsm": "@kernel.config.LSM", "plain": "true"},
            "extendedResources": {
                "my.org/n": "@kernel.version.major",
                "my.org/k": "2k",
                "my.org/x": "@kernel.config.X86",
            },
            "taints": [{"key": "my.org/t", "effect": "NoSchedule"}],
            "matchFeatures": [term("kernel.config", X86=("In", "y"))],
        },
        {"labels": {"never": "1"}, "matchFeatures": [term("kernel.config", X86=("In", "n"))]},
    )
    assert labels(found) == {"my.org/lsm": "apparmor", "feature.node.kubernetes.io/plain": "true"}
    assert vertices(found, "taint") == [{"key": "my.org/t", "effect": "NoSchedule"}]
    assert {one["name"]: one["count"] for one in vertices(found, "gres")} == {"my.org/n": 6, "my.org/k": 2000}
    assert dict(found.read)["rules"] == 2
    assert dropped(found) == [("extended resources", "is not a Kubernetes quantity")]


def test_rules_know_what_came_of_those_before():
    ask = term("rule.matched", **{"my.org/a": ("In", "1"), "v": ("Exists",)})
    first = {"labels": {"my.org/a": "1"}, "vars": {"v": "@kernel.version.major"}}
    second = {"labels": {"my.org/b": "@rule.matched.v"}, "matchFeatures": [ask]}
    assert labels(imported(first, second)) == {"my.org/a": "1", "my.org/b": "6"}
    # In the order of their names, be they written in any.
    assert labels(imported(second, first)) == {"my.org/a": "1"}


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        (
            {"matchFeatures": [term("cpu.cpuid", name=("InRegexp", "(A+)+$"))]},
            "is a regular expression that Placewise does not support: (A+)+$",
        ),
        (
            {"matchFeatures": [term("kernel.version", full=("Gt", "5"))]},
            "is not a number to compare: 6.12.1-rt",
        ),
        ({"matchFeatures": [term("kernel.version", major=("Near", "5"))]}, "is not an NFD operator: Near"),
    ],
)
def test_what_cannot_be_worked_out_is_said_and_what_rests_on_it_too(rule, why):
    after = {"labels": {"c": "1"}, "matchFeatures": [term("rule.matched", a=("DoesNotExist",))]}
    aside = {"labels": {"my.org/d": "1"}}
    found = imported({"labels": {"my.org/a": "1"}, **rule}, after, aside)
    assert labels(found) == {"my.org/d": "1"}
    rests = "asks what came of a rule that is not followed"
    assert dropped(found) == [("rules of NFD", why), ("rules of NFD", rests)]


def test_templates_are_not_run():
    found = imported({"labelsTemplate": "{{ range .a.b }}x={{ .Name }}{{ end }}", "labels": {"my.org/a": "1"}})
    assert labels(found) == {"my.org/a": "1"}
    assert dropped(found) == [("templates", "templates of Go are not run")]


def test_rules_are_not_applied_to_nodes_whose_labels_are_there():
    node = {"kind": "Node", "metadata": {"name": "n1", "labels": {"a": "b"}}, "spec": {}, "status": {}}
    found = imported({"labels": {"my.org/a": "1"}}, also=[node])
    assert labels(found) == {"a": "b"}
    assert [what for what, _ in dropped(found)] == ["rules of NFD"]


@given(st.text(alphabet="ab(|)*+?[]^$.{}1,\\d-", max_size=12), st.text(alphabet="ab1-.", max_size=12))
def test_a_regular_expression_that_is_followed_means_what_it_says(written, value):
    try:
        pattern = compiled(written)
    except InputError:
        return
    expected = re.search(written.replace("$", r"\Z") if "\\$" not in written else written, value, re.ASCII)
    assert bool(pattern.search(value)) == bool(expected) == found_in(written, value)


@pytest.mark.parametrize(
    "written",
    ["(a+)+$", "(a*)*b", "(a|a)*b", "a*a*a*b", r"(\w+)\1", "(?=a)", "a{1000}", "a" * 201, "a{1,9}{1,9}", "^*"],
)
def test_regular_expressions_that_could_take_long_are_refused(written):
    with pytest.raises(InputError, match="not support"):
        compiled(written)


def test_regular_expressions_take_bounded_time():
    started = time.process_time()
    assert not found_in(".*.*x", "a" * 1000)
    assert time.process_time() - started < 1
    with pytest.raises(InputError, match="too long"):
        found_in("a", "a" * 1001)


def test_expressions_of_texts_alone():
    assert literals("^(a|b-c)$") == ("a", "b-c")
    assert literals("^AVX2$") == ("AVX2",)
    assert [literals(one) for one in ("a", "^a", "^a.$", "^(a$", "^a|b$")] == [None] * 5
