"""Wishes in documents: read by the reader of requirements, and written so that they read the same."""

import random

import pytest

from placewise.errors import InputError
from placewise.formats.jobs.jobspec import Notes, jobspec_document, jobspec_text, parse_jobspec
from placewise.model.jobs.job import Job, ResourceGroup
from placewise.model.requirements.preference import Preference
from placewise.model.requirements.requirement import Requirement


def asking(prefer, resource=None):
    return {"version": 1, "resources": {"default": {"requires": [], **(resource or {})}}, "prefer": prefer}


def test_wishes_are_read_as_entries_with_a_weight():
    job = jobspec_text(
        """
        version: 1
        resources:
          default: {requires: [], prefer: [{weight: -1, not: {gpu: {}}}]}
        prefer:
        - {weight: 5, filesystem: {type: lustre}}
        - {weight: 2.5, name: mpi, field: version, min: "4.1"}
        - {weight: 2, any: [{cluster: {site: here}}, {all: [{gpu: {}}, {ssd: {}}]}]}
        """,
        "j",
        None,
    )
    assert [str(one) for one in job.wishes] == [
        "+5 filesystem{type=lustre}",
        "+2.5 mpi@4.1:",
        "+2 cluster{site=here} or (gpu and ssd)",
        "-1 not gpu",
    ]
    assert parse_jobspec(jobspec_document(job, "nextgen"), "j") == job
    for dialect in ("flux", "task-resources"):
        with pytest.raises(InputError):
            jobspec_document(job, dialect)


def test_random_wishes_written_and_read_again_are_equal():
    lines = ("gpu", "not gpu", "mpi@4: and gpu{memory>=40}", "weight{name=x}", "a or (b and not c)", "prefer and all")
    for seed in range(200):
        draw = random.Random(seed)

        def wishes(draw=draw):
            weights = (5, -2, 0.1, 1e9, 0)
            return tuple(
                Preference(Requirement.parse(draw.choice(lines)), draw.choice(weights))
                for _ in range(draw.randint(0, 4))
            )

        groups = tuple(ResourceGroup((), (Requirement.parse("x"),), wishes()) for _ in range(draw.randint(1, 2)))
        job = Job("j", groups, preferences=wishes())
        again = parse_jobspec(jobspec_document(job, "nextgen"), "j")
        assert again == job
        assert again.preferences == job.preferences


def test_the_order_of_wishes_makes_no_other_job_and_their_number_does():
    one, other = Preference(Requirement.parse("a"), 1), Preference(Requirement.parse("b"), 2)
    assert Job("j", preferences=(one, other)) == Job("j", preferences=(other, one))
    assert hash(Job("j", preferences=(one, other))) == hash(Job("j", preferences=(other, one)))
    assert Job("j", preferences=(one, one)) != Job("j", preferences=(one,)) != Job("j")


@pytest.mark.parametrize(
    ("wish", "place", "problem"),
    [
        ({"gpu": {}}, "prefer[0]", "no weight"),
        ({"weight": 1}, "prefer[0]", "not a requirement"),
        ({"weight": "5", "gpu": {}}, "prefer[0].weight", "not a weight"),
        ({"weight": float("nan"), "gpu": {}}, "prefer[0].weight", "not a weight"),
        ({"weight": float("inf"), "gpu": {}}, "prefer[0].weight", "not a weight"),
        ({"weight": 10**400, "gpu": {}}, "prefer[0].weight", "not a weight"),
        ({"weight": 1, "gpu": {}, "mpi": {}}, "prefer[0]", "not a requirement"),
        ({"weight": 1, "gpu": {"memory": None}}, "prefer[0]", ""),
        ("gpu", "prefer[0]", "not a mapping"),
    ],
)
def test_wishes_that_are_none_are_refused_with_their_place(wish, place, problem):
    for document, inside in ((asking([wish]), ""), (asking([], {"prefer": [wish]}), "resources.default.")):
        with pytest.raises(InputError) as refused:
            parse_jobspec(document, "j")
        assert f"{inside}{place}" in str(refused.value)
        assert problem in str(refused.value)


def test_texts_of_weights_as_yaml_and_json_have_them():
    for text in (".nan", ".inf", "1e400", "-.inf", "'5'", "5k", "~", "1" + "0" * 400):
        with pytest.raises(InputError):
            jobspec_text(
                f"version: 1\nresources: {{a: {{requires: []}}}}\nprefer: [{{weight: {text}, gpu: {{}}}}]", "j", None
            )


def test_what_is_no_list_of_wishes_is_refused():
    for value in ({}, "gpu", 5, None):
        with pytest.raises(InputError, match="is not a list"):
            parse_jobspec(asking(value), "j")


def test_a_choice_wishes_what_its_alternatives_wish_each_once():
    document = {
        "version": 1,
        "resources": {
            "a": {"type": "node", "prefer": [{"weight": 1, "gpu": {}}]},
            "b": {"type": "node", "with": [{"type": "gpu", "count": 2}], "prefer": [{"weight": 2, "ssd": {}}]},
            "c": {"type": "core", "count": 4, "prefer": [{"weight": 3, "mpi": {}}]},
        },
        "tasks": [{"command": ["x"], "resources": "a&c|b&c"}],
        "prefer": [{"weight": 4, "gcc": {}}],
    }
    job = parse_jobspec(document, "j")
    (group,) = job.groups
    assert sorted(map(str, group.preferences)) == ["+1 gpu", "+2 ssd", "+3 mpi"]
    assert [str(one) for one in job.preferences] == ["+4 gcc"]
    assert parse_jobspec(jobspec_document(job, "nextgen"), "j") == job
    for resource in document["resources"].values():
        for key in ("type", "count", "with"):
            resource.pop(key, None)
        resource["requires"] = [{"os": {}}]
    assert sorted(map(str, parse_jobspec(document, "j").groups[0].preferences)) == ["+1 gpu", "+2 ssd", "+3 mpi"]


def test_wishes_of_what_runs_inside_are_noted():
    document = {
        "version": 1,
        "resources": {
            "all": {"type": "node", "count": 2, "schedule": True, "prefer": [{"weight": 1, "gpu": {}}]},
            "one": {"type": "node", "prefer": [{"weight": 1, "ssd": {}}]},
        },
        "tasks": [{"command": ["x"], "resources": "one"}],
    }
    notes = Notes()
    assert [str(one) for one in parse_jobspec(document, "j", notes=notes).wishes] == ["+1 gpu"]
    assert "resources.one.prefer" in notes.kept


def test_one_resource_in_place_of_named_ones_wishes():
    document = {"version": 1, "resources": {"type": "node", "prefer": [{"weight": 2, "gpu": {}}]}}
    assert [str(one) for one in parse_jobspec(document, "j").groups[0].preferences] == ["+2 gpu"]
