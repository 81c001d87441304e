"""Requirements inside a shape: only vertices that meet them count."""

import random
from collections import Counter

import oracle
import pytest
import random_shapes
from matching_strategies import Growing, R

from placewise.errors import InputError
from placewise.matching.causes.why_not import why_not
from placewise.matching.clusters.place_kinds import PlaceKinds
from placewise.matching.fleet.index import FleetIndex
from placewise.matching.match import match
from placewise.matching.shapes.hosting import Hosting, Tree, hosts
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.resources import ResourceGraph, Subsystem, SubsystemVertex, Vertex
from placewise.model.fleets.vocabulary import Vocabulary
from placewise.model.jobs.job import Job, ResourceGroup, ResourceRequest
from placewise.model.requirements.predicates import Equals, Within
from placewise.model.requirements.requirement import Condition, Requirement, any_of, negated


def gpu(model):
    return Requirement("gpu", (Condition("model", Equals(model)),))


def offered(*placed):
    """The subsystem gpu: pairs of a model and the vertex it is attached to, or of properties and that."""
    return Subsystem(
        "gpu",
        tuple(
            SubsystemVertex((("model", what),) if isinstance(what, str) else what, (where,)) for what, where in placed
        ),
    )


def answer(graph, subsystem, *shape, complete=True):
    words = Vocabulary(complete={("", "gpu"): complete})
    found = match(FleetIndex(Fleet((Cluster("a", graph, (subsystem,)),), words)), Job("j", (ResourceGroup(shape),)))
    return True if found else None if found.unknown else False


def one_node(gpus, sizes=1):
    tree = Growing("cluster")
    node = tree.add("node", 0)
    tree.add("core", node, 8)
    for _ in range(gpus):
        tree.add("gpu", node, sizes)
    return ResourceGraph(tuple(tree.vertices))


MODELS = ("a100", "v100", "v100", "v100")


def ask(model, count):
    return R("gpu", count, requirements=(gpu(model),))


@pytest.mark.parametrize("sized", [False, True])
def test_two_a100_are_not_in_a_node_with_one(sized):
    graph = one_node(1, 4) if sized else one_node(4)
    cards = offered(*((model, 3 if sized else 3 + at) for at, model in enumerate(MODELS)))
    for model, count, expected in (
        ("a100", 1, True),
        ("a100", 2, False),
        ("v100", 3, True),
        ("v100", 4, False),
    ):
        wanted = ask(model, count)
        for shape in (wanted, R("node", 1, (wanted,)), R("slot", 1, (R("core", 2), wanted))):
            assert answer(graph, cards, shape) == expected, (shape, expected)
    either = R("gpu", 4, requirements=(any_of((gpu("a100"), gpu("v100"))),))
    assert answer(graph, cards, R("node", 1, (either,)))
    assert answer(graph, cards, R("gpu", 3, requirements=(negated(gpu("a100")),)))
    assert not answer(graph, cards, R("gpu", 4, requirements=(negated(gpu("a100")),)))


@pytest.mark.parametrize("sized", [False, True])
def test_requests_for_unlike_gpus_share_them(sized):
    graph = one_node(1, 4) if sized else one_node(4)
    cards = offered(*((model, 3 if sized else 3 + at) for at, model in enumerate(MODELS)))
    for shape, expected in (
        ((ask("a100", 1), R("gpu", 3)), True),
        ((ask("a100", 1), R("gpu", 4)), False),
        ((ask("a100", 1), ask("v100", 3)), True),
        ((ask("v100", 3), R("gpu", 2)), False),
    ):
        assert answer(graph, cards, *shape) == expected
        assert answer(graph, cards, R("node", 1, shape)) == expected


def test_what_is_attached_to_the_node_counts_for_all_that_is_in_it():
    graph = one_node(4)
    assert answer(graph, offered(("a100", 1)), R("node", 1, (ask("a100", 4),)))
    assert not answer(graph, offered(("a100", 0)), R("node", 1, (ask("a100", 1),)))
    # A node sees what is attached above it, as everywhere.
    assert answer(graph, offered(("a100", 0)), R("node", 1, requirements=(gpu("a100"),)))


def test_one_vertex_meets_all_conditions_of_a_test():
    graph = one_node(2)
    cards = offered(((("model", "a100"), ("memory", 40)), 3), ((("model", "v100"), ("memory", 80)), 4))
    large = Requirement("gpu", (Condition("model", Equals("a100")), Condition("memory", Within(80, None))))
    assert not answer(graph, cards, R("gpu", 1, requirements=(large,)))


def test_what_is_not_described_may_meet_a_requirement():
    graph = one_node(2)
    assert answer(graph, offered(("a100", 3)), ask("a100", 2), complete=False) is None
    assert answer(graph, offered(("a100", 3)), ask("a100", 3), complete=False) is False
    assert answer(graph, offered(("a100", 3)), ask("a100", 1), complete=False) is True
    # All GPUs are described, one of them without its model.
    bare = offered(("a100", 3), ((("vendor", "x"),), 4))
    assert answer(graph, bare, ask("a100", 1), complete="vertices") is True
    assert answer(graph, bare, ask("a100", 2), complete="vertices") is None
    assert answer(graph, bare, ask("v100", 1), complete="vertices") is None
    assert answer(graph, bare, ask("v100", 2), complete="vertices") is False
    assert answer(graph, bare, ask("a100", 2)) is False


def test_a_requirement_inside_that_is_not_understood_is_refused():
    with pytest.raises(InputError, match="gpv"):
        answer(one_node(1), offered(("a100", 3)), R("gpu", 1, requirements=(Requirement("gpv"),)))


def test_nodes_with_unlike_gpus_inside_are_told_apart():
    tree = Growing("cluster")
    for _ in range(3):
        tree.add("gpu", tree.add("node", 0))
    graph = ResourceGraph(tuple(tree.vertices))
    cards = offered(("a100", 2), ("v100", 4), ("a100", 6))
    for count in (1, 2, 3):
        assert answer(graph, cards, R("node", count, (ask("a100", 1),))) == (count < 3)
    assert len(FleetIndex(Fleet((Cluster("a", graph, (cards,)),))).classes) == 2


def renamed(requests):
    """The requests with the model that is required of a gpu in its type."""
    return tuple(
        R(
            f"gpu {r.requirements[0].conditions[0].predicate.text}" if r.requirements else r.type,
            r.count,
            inside,
            r.unit,
        )
        for r in requests
        for inside in [renamed(r.contents)]
    )


def required(rng, requests):
    """The requests with a model required of every gpu."""
    return tuple(
        ask(rng.choice(("a", "b")), r.count)
        if r.type == "gpu"
        else R(r.type, r.count, required(rng, r.contents), r.unit)
        for r in requests
    )


def test_a_required_model_counts_like_a_type_of_its_own():
    answers = Counter(_answer_both_ways(random.Random(seed)) for seed in range(1000))
    assert answers[True, True] > 20
    assert set(answers) == {(True, True), (False, False)}


def _answer_both_ways(rng):
    graph = random_shapes.graph(rng)
    shape = required(rng, random_shapes.shape(rng))
    while random_shapes.units(shape) > random_shapes.MOST_UNITS:
        shape = required(rng, random_shapes.shape(rng))
    shape = ResourceGroup(shape).shape
    placed, told = [], []
    for at, vertex in enumerate(graph.vertices):
        models = [rng.choice(("a", "b", "none")) for _ in range(vertex.size)] if vertex.type == "gpu" else []
        placed += [(model, at) for model in models if model != "none"]
        told.append((vertex, models))
    # The same tree with a vertex for each model; a vertex keeps its number for what it contains.
    vertices = [v._replace(type="was gpu", size=0) if v.type == "gpu" else v for v, _ in told]
    for vertex, models in told:
        vertices += (
            [Vertex(f"{vertex.id} {model}", f"gpu {model}", vertex.parent, models.count(model)) for model in "ab"]
            if models
            else []
        )
    tree = Tree.of(graph, [("gpu", vertex) for vertex in offered(*placed).vertices])
    usable = [oracle.places(graph)]
    expected = hosts(Tree.of(ResourceGraph(tuple(vertices))), [(renamed(shape), usable[0])])
    kinds = PlaceKinds.single(tree)
    found = Hosting([shape], Vocabulary()).on(kinds, [kinds.all], Cluster("a", graph, (offered(*placed),)))
    return expected, found


def test_a_requirement_inside_a_shape_is_named_as_the_cause():
    graph = ResourceGraph((Vertex("0", "node"), Vertex("1", "gpu", 0, 4), Vertex("2", "core", 0, 2)))
    kinds = [SubsystemVertex((("model", model),), (1,)) for model in ("a100", "v100", "v100", "v100")]
    index = FleetIndex(Fleet((Cluster("a", graph, (Subsystem("card", tuple(kinds)),)),)))
    a100, v100 = (Requirement("card", (Condition("model", Equals(one)),)) for one in ("a100", "v100"))

    def causes(*contents):
        job = Job("j", (ResourceGroup((ResourceRequest("node", 1, contents),)),))
        answer = why_not(index, job)
        assert answer.too_small == ("a",)
        return [cause.line for there in answer.apart for cause in there.causes]

    def gpus(count, requirement):
        return ResourceRequest("gpu", count, (), "", (requirement,))

    (line,) = causes(gpus(2, a100))
    assert str(a100) in line
    (line,) = causes(gpus(2, a100), gpus(1, v100))
    assert str(a100) in line
    assert str(v100) not in line
    assert causes(gpus(2, a100), gpus(4, v100)) == []
    assert causes(gpus(1, a100), ResourceRequest("core", 3)) == []


@pytest.mark.parametrize("sized", [False, True])
def test_unlike_gpus_attached_to_a_node_do_not_say_which_is_which(sized):
    def there(gpus):
        return one_node(1, gpus) if sized else one_node(gpus)

    either = offered(("a100", 1), ("v100", 1))
    nested = R("core", 8, requirements=(gpu("a100"),))
    for graph, wanted, expected in (
        (there(2), (ask("a100", 1),), True),
        (there(2), (ask("a100", 2),), None),
        (there(2), (ask("a100", 1), ask("v100", 1)), True),
        (there(2), (ask("a100", 1), ask("v100", 2)), False),
        (there(2), (ask("a100", 1), R("gpu", 1)), True),
        (there(2), (ask("h100", 1),), False),
        (there(2), (R("gpu", 2, requirements=(any_of((gpu("a100"), gpu("v100"))),)),), True),
        # Surely no wrong yes and no wrong no: one of the two is an a100.
        (there(2), (R("gpu", 1, requirements=(negated(gpu("a100")),)),), None),
        (there(2), (R("gpu", 2, requirements=(negated(gpu("a100")),)),), False),
        (there(3), (ask("a100", 1), ask("v100", 2)), None),
        # There are fewer than are described.
        (there(1), (ask("a100", 1),), None),
        # What stands beside the GPUs is beside an a100.
        (there(2), (nested,), True),
    ):
        for shape in (wanted, (R("node", 1, wanted),), (R("slot", 1, wanted),)):
            assert answer(graph, either, *shape) is expected, (shape, expected)
    # Two of them are, and a vertex that lacks the field describes something else.
    more = offered(("a100", 1), ("v100", 1), ("a100", 1), ((("driver", "535"),), 1))
    assert answer(there(3), more, ask("a100", 2)) is True
    assert answer(there(3), more, ask("a100", 3)) is None
    like = offered(("a100", 1), ("a100", 1), ((("driver", "535"),), 1))
    assert answer(there(4), like, ask("a100", 4)) is True


def test_unlike_gpus_attached_above_gpus_that_are_not_alike_surely_say_nothing_of_one():
    tree = Growing("cluster")
    node = tree.add("node", 0)
    for cores in (1, 2):
        socket = tree.add("socket", node)
        tree.add("core", socket, cores)
        tree.add("gpu", socket)
    graph = ResourceGraph(tuple(tree.vertices))
    shape = R("socket", 1, (R("core", 2), ask("a100", 1)))
    assert answer(graph, offered(("a100", 1), ("v100", 1)), shape) is None
    assert answer(graph, offered(("a100", 1), ("v100", 1)), ask("a100", 1)) is None
    # A socket says more of its own GPU than the node.
    assert answer(graph, offered(("a100", 1), ("v100", 1), ("a100", 5)), shape) is True


def test_a_node_that_does_not_say_which_gpu_is_which_is_named_as_what_is_unknown():
    index = FleetIndex(
        Fleet(
            (
                Cluster("unlike", one_node(2), (offered(("a100", 1), ("v100", 1)),)),
                Cluster("known", one_node(2), (offered(("a100", 3), ("v100", 4)),)),
                Cluster("open", one_node(2), (offered(("a100", 3)),)),
            ),
            Vocabulary(complete={("open", "gpu"): False}),
        )
    )
    why = why_not(index, Job("j", (ResourceGroup((R("node", 1, (ask("a100", 2),)),)),)))
    assert why.too_small == ("known",)
    assert why.scattered == ()
    assert [(one.cluster, [fact.line for fact in one.facts]) for one in why.unknown] == [
        (
            "unlike",
            [f"gpu model a100 and model v100 are attached to node 1: that does not say which gpu meets {gpu('a100')}"],
        ),
        ("open", [f"gpu is not described completely there, asked {gpu('a100')}"]),
    ]
    assert [cluster for there in why.apart for cluster in there.clusters] == ["known"]


def test_requirements_inside_random_shapes_are_met_as_trying_everything_finds():
    tally, wrong = random_shapes.disagreements_inside(11, 800)
    assert not wrong
    assert min(tally.values()) > 50


def test_a_changed_index_knows_unlike_gpus_of_a_node_as_a_new_one_does():
    graph, either = one_node(2), offered(("a100", 1), ("v100", 1))
    words = Vocabulary(known={"gpu": frozenset(("model",))})
    bare = FleetIndex(Fleet((Cluster("a", graph),), words))
    described = bare.changed({"a": Cluster("a", graph, (either,))})
    one, two = (Job("j", (ResourceGroup((ask("a100", count),)),)) for count in (1, 2))
    assert [bool(match(index, one)) for index in (bare, described)] == [False, True]
    assert match(described, two).unknown == ("a",)
    assert not match(described.changed({"a": Cluster("a", graph)}), one)


def test_unlike_gpus_attached_at_two_places_above_the_same_gpus_are_not_brought_together():
    tree = Growing("cluster")
    node = tree.add("node", 0)
    socket = tree.add("socket", node)
    tree.add("gpu", socket, 3)
    graph = ResourceGraph(tuple(tree.vertices))
    driver = Requirement("gpu", (Condition("driver", Equals("535")),))
    drivers = [((("driver", number),), socket) for number in ("535", "550")]
    both = offered(("a100", node), ("v100", node), *drivers)
    assert answer(graph, both, R("gpu", 1, requirements=(gpu("a100"), driver))) is None
    crossed = offered(("a100", node), ("v100", node), ("v100", socket), ("a100", socket))
    assert answer(graph, crossed, ask("a100", 2)) is None


class Counted(tuple):
    """A tuple that counts how often a part of it is asked for."""

    __slots__ = ()
    asked = 0

    def __getitem__(self, at):
        Counted.asked += 1
        return super().__getitem__(at)


@pytest.mark.parametrize("depth", [200, 800])
def test_a_deep_graph_of_a_stranger_takes_a_few_steps_a_vertex(depth):
    """Unlike vertices attached everywhere above the resources that they may describe are no quadratic work."""
    chain = [Vertex(str(at), "box", at - 1 if at else None) for at in range(depth)]
    graph = ResourceGraph((*chain, Vertex("gpus", "gpu", depth - 1, 2)))
    object.__setattr__(graph, "children", Counted(graph.children))
    unlike = [("gpu", SubsystemVertex((("model", model),), tuple(range(depth)))) for model in ("a100", "v100")]
    Counted.asked = 0
    Tree.of(graph, unlike)
    assert Counted.asked < 40 * depth
