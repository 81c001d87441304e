"""Flux's canonical jobspec, sentence by sentence: RFC 14, with the sets of RFC 22 and the ranges of RFC 45."""

import pytest
from flux_documents import flux, read, shape_of, slot, vertex

from placewise.errors import InputError
from placewise.formats.jobs.jobspec import Notes, jobspec_document, parse_jobspec
from placewise.model.jobs.job import Job, ResourceRequest


def refusal(document):
    with pytest.raises(InputError) as caught:
        parse_jobspec(document, "job", "f")
    return str(caught.value)


def with_task(document, **task):
    return {**document, "tasks": [{"command": ["app"], **task}]}


# RFC 14, Resources: "count"


@pytest.mark.parametrize(
    ("count", "least"),
    [
        (4, 4),  # RFC 14, count: a fixed count
        ("4", 4),  # RFC 14, count: an RFC 22 idset of the acceptable counts
        ("4,9,16,25", 4),  # RFC 14, use case 1.8
        ("3-30", 3),  # RFC 14, use case 1.2; RFC 22, ranges
        ("[4,9]", 4),  # RFC 22: brackets promote readability
        ("1-3,5-6,42", 1),  # RFC 22: ranges and ids
        ("2+", 2),  # RFC 45: without a maximum
        ("[100+]", 100),  # RFC 45: brackets
        ("2-8:2", 2),  # RFC 45: + may be left out
        ("1-5:2:+", 1),  # RFC 45: the full form
        ("2-32:2:*", 2),  # RFC 45: *
        ("2-64:2:^", 2),  # RFC 45: ^
        ("2+:3:+", 2),  # RFC 45: the full form without a maximum
        ({"min": 3}, 3),  # RFC 14, max: infinite unless given
        ({"min": 3, "max": 30}, 3),  # RFC 14, use case 1.2
        ({"min": 2, "max": 32, "operator": "*", "operand": 2}, 2),  # RFC 14, operator and operand
        ({"min": 2, "max": 2}, 2),
    ],
)
def test_the_least_count_is_what_a_cluster_must_host(count, least):
    assert shape_of(vertex("node", count)) == (ResourceRequest("node", least),)


@pytest.mark.parametrize(
    "count",
    [
        "",
        "two",
        "0",
        "0-4",
        "04",  # RFC 22: no leading zeros
        "9,4",  # RFC 22: ascending order
        "4,4",  # RFC 22: unique
        "4-2",
        "4,",
        "2-",
        "+",
        "1,2+",
        "2-8:0",
        "2-8:2:/",  # RFC 45: + * ^
        "2-8:02",  # RFC 45: no leading zeros
        "8-2:2",
        " 4",
        "2-8:1:*",  # the next count is the same again
        "1-8:2:^",
        "\u0663",
        {"min": 1, "max": 8, "operator": "^", "operand": 2},
        {"min": 2, "max": 8, "operator": "*", "operand": 1},
        {"max": 8},  # RFC 14: min is required
        {"min": 1, "step": 2},
    ],
)
def test_what_is_no_count_is_refused(count):
    assert "resources[0], count" in refusal(flux(vertex("node", count)))


def test_no_gpu_is_nothing_asked():
    inside = [vertex("core", 2), vertex("gpu", 0)]
    assert shape_of(slot(1, *inside)) == shape_of(slot(1, inside[0]))
    assert shape_of(vertex("node", 1, vertex("gpu", "0-2"))) == (ResourceRequest("node"),)
    assert "a slot holds nothing" in refusal(flux(slot(1, vertex("gpu", 0))))
    assert "asks for nothing" in refusal(flux(vertex("gpu", 0)))
    assert "not a usable count" in refusal(flux(slot(1, vertex("core", 0))))
    assert "not a usable count" in refusal(flux(vertex("gpu", 0, vertex("memory", 1))))


# RFC 14, Resources: the other keys


def test_with_is_a_mapping_or_a_list():
    # RFC 14, with: "a dictionary conforming to the resource vertex specification"; its schema has a list.
    inner = vertex("core", 2)
    assert shape_of({"type": "node", "count": 1, "with": inner}) == shape_of(vertex("node", 1, inner))


@pytest.mark.parametrize("more", [{"exclusive": True}, {"exclusive": False}, {"label": "a"}])
def test_exclusive_and_label_say_nothing_of_who_can_host(more):
    assert shape_of(vertex("node", 2, **more)) == (ResourceRequest("node", 2),)


def test_unit_is_kept():
    # RFC 14, unit: "the chosen units applied to the count value"
    assert shape_of(vertex("memory", {"min": 2}, unit="GB")) == (ResourceRequest("memory", 2, unit="GB"),)


def test_an_id_is_a_demand():
    # RFC 14, id: "a set of matching resource identifiers"
    assert "'id' is not understood" in refusal(flux(vertex("node", 1, id="[0-3]")))


def test_the_version_is_a_whole_number():
    for version in (1, 2, 999, 9999):
        assert read({**flux(vertex("node", 1)), "version": version})
    for version in (0, -1, 10_000, "1", 1.0, True, None):
        assert "version: 1 to 9999" in refusal({**flux(vertex("node", 1)), "version": version})


# RFC 14, Tasks


@pytest.mark.parametrize(
    "count",
    [
        {"per_slot": 2},  # RFC 14, per_slot
        {"total": 5},  # RFC 14, total
        {"per_resource": {"type": "core", "count": 2}},  # RFC 14, per_resource
    ],
)
def test_how_many_tasks_run_says_nothing_of_who_can_host(count):
    document = flux(slot(1, vertex("node", 1, vertex("core", 2))))
    assert read(with_task(document, slot="default", count=count)).groups == read(document).groups


@pytest.mark.parametrize(
    ("count", "said"),
    [
        ({"per_resource": {"type": "gpu", "count": 1}}, "the task's slot holds no such resource"),
        ({"per_resource": {"type": "core"}}, "per_resource: a field is missing"),
        ({"per_resource": {"type": "core", "count": 0}}, "per_resource.count"),
        ({"per_resource": 2}, "per_resource: is not a mapping"),
        ({"per_node": 2}, "'per_node' is not understood"),
        ({"per_slot": 1, "total": 2}, "does not give exactly one count"),
        ({"total": 0}, "count.total"),
    ],
)
def test_a_count_of_tasks_is_checked(count, said):
    assert said in refusal(with_task(flux(slot(1, vertex("core", 2))), slot="default", count=count))


def test_attributes_and_distribution_of_a_task_are_noted():
    # RFC 14, attributes: "a free-form dictionary"; distribution: "input to the launcher's algorithm"
    notes = Notes()
    document = with_task(flux(vertex("node", 1)), attributes={"environment": {"A": None}}, distribution="cyclic")
    parse_jobspec(document, "job", notes=notes)
    assert list(notes.kept) == ["tasks[0].attributes", "tasks[0].distribution"]
    assert "tasks[0].distribution" in refusal(with_task(flux(vertex("node", 1)), distribution=[1]))
    assert "tasks[0].attributes" in refusal(with_task(flux(vertex("node", 1)), attributes="x"))


# RFC 14, Attributes


def system(**values):
    notes = Notes()
    return dict(parse_jobspec(flux(vertex("node", 1), **values), "job", notes=notes).attributes), notes


def test_unknown_words_trigger_no_more_than_a_warning():
    # RFC 14, system: "unrecognized words SHALL trigger no more than a warning"
    found, notes = system(colour="red", nested={"b": [1], "a": None}, nothing=None, duration=5)
    assert found == {"colour": "red", "nested": '{"a":null,"b":[1]}', "duration": 5}
    assert list(notes.unknown) == [f"attributes.system.{name}" for name in ("colour", "nested", "nothing")]
    assert not notes.kept


@pytest.mark.parametrize("word", ["constraint", "Constraints", "contraints", "constrains"])
def test_a_misspelt_demand_is_refused(word):
    assert "could be a requirement" in refusal(flux(vertex("node", 1), **{word: {"properties": ["a"]}}))


def test_what_decides_nothing_is_kept_and_noted():
    values = {"cwd": "/x", "project": "p", "preemptible-after": 3.5}
    found, notes = system(**values, environment={"A": "1"}, shell={"options": {}}, files={}, job={"note": "n"})
    assert found == values
    assert not notes.unknown
    assert len(notes.kept) == 7


def test_what_limits_of_sites_are_about_is_kept_and_not_noted():
    values = {"account": "a", "bank": "a", "partition": "p", "exclusive": True}
    found, notes = system(**values)
    assert found == values
    assert not notes.unknown
    assert not notes.kept


def test_dependencies_and_queue_are_kept():
    # RFC 14, dependencies: "a list of dictionaries"; queue: "a string"
    dependencies = [{"scheme": "afterok", "value": "f1"}, {"value": "x", "scheme": "string"}]
    found, notes = system(dependencies=dependencies, queue="batch")
    assert found["queue"] == "batch"
    assert list(notes.kept) == ["attributes.system.dependencies"]
    job = read(flux(vertex("node", 1), dependencies=dependencies, queue="batch", duration=60))
    written = jobspec_document(job, "flux")
    kept = {"dependencies": dependencies, "queue": "batch", "duration": 60}
    assert written["attributes"]["system"] == {**kept, "job": {"name": "job"}}


@pytest.mark.parametrize(
    "values", [{"dependencies": {}}, {"dependencies": ["x"]}, {"queue": 1.5}, {"queue": ""}, {"duration": -1}]
)
def test_attributes_of_a_wrong_type_are_refused(values):
    assert f"attributes.system.{next(iter(values))}" in refusal(flux(vertex("node", 1), **values))


# RFC 14, Basic Use Cases

NODE, CORE = vertex("node", 1), vertex("core", 1)
BROKER = {"per_resource": {"type": "node", "count": 1}}

USE_CASES = {
    "example 1": ([vertex("node", 4, slot(1, vertex("core", 2)))], {"per_slot": 1}),
    "example 2": ([slot(4, NODE)], {"per_slot": 1}),
    "1.1": ([slot(4, NODE)], {"per_slot": 1}),
    "1.2": ([slot({"min": 3, "max": 30, "operator": "+", "operand": 1}, NODE)], {"per_slot": 1}),
    "1.3": ([slot(4, vertex("node", 1, vertex("socket", {"min": 2}, vertex("core", {"min": 4}))))], {"per_slot": 1}),
    "1.4": (
        [slot(4, vertex("node", 1, vertex("socket", {"min": 2}, vertex("core", {"min": 4})), exclusive=True))],
        {"per_slot": 1},
    ),
    "1.5": (
        [
            vertex(
                "cluster", 1, slot(2, vertex("node", 1, vertex("memory", 4, unit="GB"), vertex("ib10g", 1)), label="a")
            ),
            vertex("switch", 1, slot(2, vertex("node", 1, vertex("core", 2)), label="default")),
        ],
        {"per_slot": 1},
    ),
    "1.6": (
        [vertex("cluster", 2, slot(1, vertex("node", {"min": 1}, vertex("core", 30), exclusive=False)))],
        BROKER,
    ),
    "1.7": ([vertex("switch", 3, slot(1, vertex("node", {"min": 1}, CORE, exclusive=False)))], BROKER),
    "1.8": ([slot("4,9,16,25", NODE)], {"per_slot": 1}),
    "2.1": ([slot(4, NODE)], {"per_slot": 5}),
    "2.2": ([slot(4, NODE)], {"total": 5}),
    "2.3": ([slot(10, vertex("core", 2))], {"per_slot": 1}),
    "2.4": (
        [
            vertex(
                "node",
                1,
                slot(10, CORE, vertex("memory", 4, unit="GB"), label="many"),
                slot(1, vertex("core", 6), vertex("memory", 24, unit="GB")),
            )
        ],
        {"per_slot": 1},
    ),
    "2.5": ([slot(10, vertex("memory", {"min": 2}, unit="GB"), CORE)], {"per_slot": 1}),
    "2.6": ([slot(2, vertex("node", 1, vertex("memory", {"min": 4}, unit="GB")))], {"total": 10}),
    "2.7": ([slot(1, NODE)], {"per_slot": 1}),
    "2.8": ([slot(1, NODE)], {"per_slot": 1}),
    "2.9": ([slot(1, NODE)], {"per_slot": 1}),
}
BESIDES = {
    "2.7": {"cwd": "/home/somebody", "environment": {"A": "1", "B": "2"}},
    "2.8": {
        "dependencies": [
            {"type": "in", "scope": "user", "scheme": "fluid", "value": "quiet-owl"},
            {"type": "out", "scope": "user", "scheme": "string", "value": "done"},
        ]
    },
    "2.9": {"constraints": {"properties": ["large"]}},
}


@pytest.mark.parametrize("case", USE_CASES)
def test_a_use_case_reads_and_is_written_again(case):
    resources, count = USE_CASES[case]
    document = flux(*resources, duration=3600.0, **BESIDES.get(case, {}))
    job = read(with_task(document, slot="default", count=count))
    assert job.command == ("app",)
    again = jobspec_document(job, "flux")
    assert parse_jobspec(again, "job") == job
    assert isinstance(job, Job)
    assert len(job.groups[0].shape) == len(resources)


def test_the_sizes_of_a_use_case():
    (node,) = shape_of(*USE_CASES["2.4"][0])
    found = {one.count: {inner.type: inner.count for inner in one.contents} for one in node.contents}
    assert found == {10: {"core": 1, "memory": 4}, 1: {"core": 6, "memory": 24}}
