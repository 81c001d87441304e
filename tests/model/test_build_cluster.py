import pytest

from placewise.errors import InputError
from placewise.model.fleets.build_cluster import build_cluster
from placewise.model.fleets.resources import Subsystem, SubsystemVertex, unshaped

FIELDS = {
    "arch": "linux-rhel8-zen3",
    "compiler": "gcc",
    "compiler_version": "12.1.0",
    "memory_bytes": 7,
    "cost_per_node_hour": 0.8,
}


def test_each_subsystem_is_one_vertex_and_the_state_says_the_same():
    cluster = build_cluster("blue", **FIELDS)
    assert cluster.name == "blue"
    assert cluster.graph == unshaped()
    assert cluster.subsystems == (
        Subsystem("arch", (SubsystemVertex((("type", "arch"), ("value", "linux-rhel8-zen3"))),)),
        Subsystem("compiler", (SubsystemVertex((("name", "gcc"), ("type", "compiler"), ("version", "12.1.0"))),)),
        Subsystem("memory", (SubsystemVertex((("type", "memory"), ("value", 7))),)),
    )
    assert cluster.state == (
        ("arch", "linux-rhel8-zen3"),
        ("compiler", "gcc"),
        ("compiler_version", "12.1.0"),
        ("cost_per_node_hour", 0.8),
        ("memory", 7),
    )


def test_what_is_not_known_is_not_in_the_state():
    assert "cost_per_node_hour" not in dict(build_cluster("c", **{**FIELDS, "cost_per_node_hour": None}).state)
    assert "nodes_free" not in dict(build_cluster("c", **FIELDS).state)
    assert dict(build_cluster("c", **FIELDS, nodes_free=0).state)["nodes_free"] == 0
    price = dict(build_cluster("c", **{**FIELDS, "cost_per_node_hour": 3}).state)["cost_per_node_hour"]
    assert type(price) is float


@pytest.mark.parametrize(
    ("field", "values", "message"),
    [
        ("arch", ["", None, 3], "the arch is not text"),
        ("compiler", ["", None], "the compiler is not text"),
        ("compiler_version", ["", None, 1.1], "the compiler_version is not text"),
        ("compiler_version", ["a b"], "not a version"),
        ("memory_bytes", [0, -1, 1.0, True, None, "7"], "the memory is not usable"),
        (
            "cost_per_node_hour",
            [-0.1, float("nan"), float("inf"), 10**400, True, "1"],
            "the cost_per_node_hour is not usable",
        ),
        ("nodes_free", [-1, 1.0, True, "1"], "the number of free nodes is not usable"),
    ],
)
def test_what_no_cluster_offers_is_refused(field, values, message):
    for value in values:
        with pytest.raises(InputError, match=f"cluster 'c': .*{message}"):
            build_cluster("c", **{**FIELDS, field: value})
