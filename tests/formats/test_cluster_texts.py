import json
from dataclasses import replace
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placewise.errors import InputError
from placewise.formats.fleets.cluster_texts import parse_cluster, parse_subsystem_text, state_changes
from placewise.formats.fleets.jgf.clusters import (
    NODES_FILE,
    STATE_FILES,
    SUBSYSTEM_SUFFIX,
    cluster_documents,
    read_cluster,
)
from placewise.formats.plain_fields import plain_fields
from placewise.model.fleets.cluster import Cluster
from placewise.model.fleets.resources import ResourceGraph, Subsystem, SubsystemVertex, Vertex

GRAPH = ResourceGraph((Vertex("0", "cluster"), Vertex("1", "node", 0), Vertex("2", "core", 1)))
CLUSTER = Cluster(
    "red",
    GRAPH,
    (
        Subsystem("io", (SubsystemVertex((("type", "shm"),), (1,)),)),
        Subsystem("spack", (SubsystemVertex((("version", "1.10"),), (0, 2)),)),
    ),
    (("cost_per_node_hour", 1.5), ("nodes_free", 3)),
)


def texts(cluster):
    """The texts of nodes, subsystems by name, and state."""
    found = {name: json.dumps(document) for name, document in cluster_documents(cluster).items()}
    nodes, state = found.pop(NODES_FILE), found.pop(STATE_FILES[0], None)
    return nodes, {unquote(name.removesuffix(SUBSYSTEM_SUFFIX)): text for name, text in found.items()}, state


def parsed(name, nodes, subsystems, state):
    """The cluster of all its texts, as the service puts it together."""
    cluster = parse_cluster(name, nodes, subsystems)
    return cluster if state is None else replace(cluster, state=tuple(state_changes(state).items()))


NODES, SUBSYSTEMS, STATE = texts(CLUSTER)


def test_the_texts_of_a_cluster_give_it_back():
    assert parsed("red", NODES, SUBSYSTEMS, STATE) == CLUSTER
    without = parsed("blue", NODES, {}, None)
    assert without == Cluster("blue", GRAPH)


def test_one_subsystem_attaches_to_a_graph_that_is_known():
    assert parse_subsystem_text(SUBSYSTEMS["io"], "io", GRAPH) == CLUSTER.subsystems[0]


def test_public_clusters_are_those_of_their_folders(public_data):
    for folder in sorted((public_data / "reliabuild" / "clusters").iterdir()):
        subsystems = {
            unquote(path.name.removesuffix(SUBSYSTEM_SUFFIX)): path.read_text()
            for path in folder.glob(f"*{SUBSYSTEM_SUFFIX}")
        }
        assert parse_cluster(folder.name, (folder / NODES_FILE).read_text(), subsystems) == read_cluster(folder)


@pytest.mark.parametrize(
    ("nodes", "subsystems", "state", "said"),
    [
        ("{", {}, None, "^nodes, line 1, column 2: is not valid JSON"),
        ("{}", {}, None, "^nodes: has no graph"),
        ("", {}, None, "^nodes, .*is not valid JSON"),
        (NODES, {"io": "[]"}, None, "^subsystem 'io', document: is not a mapping"),
        (NODES, {"io": NODES}, None, "^subsystem 'io', .*has the id of a containment vertex"),
        (NODES, SUBSYSTEMS | {"a\n": "{}"}, None, "a subsystem's name: holds a control character"),
        (NODES, {}, "[]", "^state, state: is not a mapping"),
        (NODES, {}, '{"a": [1]}', "^state, state.a: is not a plain value"),
    ],
)
def test_an_error_names_the_text(nodes, subsystems, state, said):
    with pytest.raises(InputError, match=said):
        parsed("red", nodes, subsystems, state)


@pytest.mark.parametrize("name", ["", "a\x1b"])
def test_a_cluster_s_name_is_a_name(name):
    with pytest.raises(InputError):
        parse_cluster(name, NODES, {})


# State

plain = (
    st.text(max_size=4)
    | st.integers(-(2**70), 2**70)
    | st.booleans()
    | st.floats(allow_nan=False, allow_infinity=False)
)
fields = st.text(st.characters(exclude_categories=["Cs"]), max_size=4).filter(lambda name: not name.endswith("version"))


@given(st.dictionaries(fields, plain, max_size=4))
def test_a_state_is_read_as_it_is_and_encoded_once_more(state):
    written = json.dumps(state)
    assert state_changes(written) == state_changes(json.dumps(written)) == state


@given(st.dictionaries(fields, plain | st.none(), max_size=4))
def test_null_takes_a_field_away(changes):
    assert state_changes(json.dumps(changes)) == changes
    assert list(state_changes(json.dumps(changes))) == list(changes)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        (" ", "empty"),
        ("3", "is not a mapping"),
        ('"x"', "state, line 1, column 1: is not valid JSON"),
        (json.dumps(json.dumps('{"a": 1}')), "is not a mapping"),
        ('{"a": {}}', "state.a: is not a plain value"),
        ('{"a": NaN}', "not finite"),
        ('{"a": 1e999}', "state.a: is not finite"),
        ('{"a": -' + "9" * 400 + "}", "state.a: is not finite"),
        ('{"a": 1, "a": 2}', "'a' occurs twice"),
        ('{"version": 1.1}', "a version is written as a number"),
        (r'{"a": "\ud800"}', "not Unicode"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_no_flat_state_is_refused(text, said):
    with pytest.raises(InputError, match=f"state.*{said}|{said}"):
        state_changes(text)


def test_null_is_no_value_of_a_state():
    with pytest.raises(InputError, match="state.a: is not a plain value"):
        plain_fields([("a", None)], "state")
