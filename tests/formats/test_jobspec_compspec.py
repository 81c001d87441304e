"""Jobspecs as rainbow and compspec have them: requirements, groups, alternatives, and what is kept without meaning."""

import time

import pytest
import yaml
from flux_documents import fleet_of, matched

from placewise.errors import InputError
from placewise.formats.jobs.jobspec import Notes, jobspec_document, parse_jobspec
from placewise.model.jobs.job import ResourceGroup, ResourceRequest


def read(text, notes=None):
    return parse_jobspec(yaml.safe_load(text), "job", "f", notes=notes)


def refusal(text):
    with pytest.raises(InputError) as caught:
        read(text)
    return str(caught.value)


def lines(job):
    return [sorted(map(str, group.requirements)) for group in job.groups]


def shapes(job):
    return [" and ".join(map(str, group.shape)) for group in job.groups]


# The prior work's task.resources


def task(resources):
    return f"version: 1\nresources: [{{type: node, count: 1}}]\ntask: {{command: [app], resources: {resources}}}\n"


@pytest.mark.parametrize(
    ("resources", "found"),
    [
        ("{io: {match: [{type: shm}]}}", ["io{type=shm}"]),
        ("{io: {match: [{type: shm, kind: fast}]}}", ["io{kind=fast, type=shm}"]),
        ('{cpu: {match: [{type: "target=zen2"}]}}', ['cpu{type="target=zen2"}']),
        ('{os: {match: [{type: "name=u"}, {type: "vendor=v"}]}}', ['os{type="name=u"}', 'os{type="vendor=v"}']),
        ("{io: {match: [{type: shm, as: a}, {type: nvme, as: b}]}}", ["io{type=nvme}", "io{type=shm}"]),
        ("{io.archspec: {cpu.target: amd64}}", ["io.archspec{cpu.target=amd64}"]),
        ("{io: {archspec: {cpu.target: amd64}}}", ["io.archspec{cpu.target=amd64}"]),
        ('{software: {go: "1.20"}}', ["software{go=1.20}"]),
        ("{disk: {size: {min: 10GB}}}", ["disk{size>=10GB}"]),
        ("{net: {kind: [ib, opa]}}", ["net{kind in (ib, opa)}"]),
        ("{os: {os.name: u, os.vendor: v}}", ["os{os.name=u, os.vendor=v}"]),
    ],
)
def test_rainbow_s_requirements(resources, found):
    assert lines(read(task(resources))) == [found]


@pytest.mark.parametrize(
    ("resources", "said"),
    [
        ("{io: {match: [{type: shm}, {type: nvme}]}}", "as: a"),
        ("{io: {match: [{type: cpu, name: target, value: zen2}]}}", "task.resources.io.match[0].field"),
        ("{io: {match: [{}]}}", "task.resources.io.match[0].field"),
        ("{io: {match: [{type: null}]}}", "task.resources.io.match[0].type"),
        ("{io: {match: [{type: {a: 1}}]}}", "task.resources.io.match[0].type"),
        ("{io: {match: [{field: a, match: b}], kind: fast}}", "'kind' is not understood"),
        ("{io: {kind: null}}", "task.resources.io.kind"),
        ("{io: {kind: {surprise: {a: 1}}}}", "'a' is not understood"),
        ("{transformer: {name: local, gpu: 1}, io: {}}", "a requirement has no conditions"),
    ],
)
def test_what_no_requirement_is(resources, said):
    assert said in refusal(task(resources))


def test_what_transforms_a_task_is_noted():
    notes = Notes()
    job = read(
        """
version: 1
resources: [{type: node, count: 1, with: [{type: slot, count: 1, label: s, with: [{type: core, count: 2}]}]}]
task:
  transform: [{step: write, filename: run.sh}, {step: submit, filename: run.sh, wait: true}]
  scripts: [{name: run.sh, content: app}]
  slot: s
  count: {per_slot: 1}
  resources: {transformer: {name: local}, io.archspec: {cpu.target: zen2}}
""",
        notes,
    )
    assert lines(job) == [["io.archspec{cpu.target=zen2}"]]
    assert list(notes.kept) == ["task.transform", "task.scripts", "task.resources.transformer"]


# Issue case 7: 2 nodes of 4 cores; the target decides

PUBLISHED = "version: 1\nresources:\n  lammps:\n    type: node\n    count: 2\n    with: [{type: core, count: 4}]\n"
TARGETS = fleet_of(
    here=[{"io.archspec": [{"cpu.target": "amd64"}]}] * 2,
    there=[{"io.archspec": [{"cpu.target": "arm64"}]}] * 2,
    small=[{"io.archspec": [{"cpu.target": "amd64"}]}],
)


@pytest.mark.parametrize(
    "requires",
    [
        "[{type: io, archspec: {cpu.target: amd64}}]",
        "[{io.archspec: {cpu.target: amd64}}]",
        "{io.archspec: {cpu.target: amd64}}",
        "[{name: io.archspec, field: cpu.target, value: amd64}]",
        "[{name: io.archspec, field: cpu.target, match: amd64}]",
    ],
)
def test_a_published_experiment_matches_by_the_target(requires):
    job = read(f"{PUBLISHED}    requires: {requires}\ntasks: [{{command: [lmp], resources: lammps}}]\n")
    assert matched(TARGETS, job) == ["here"]


def test_the_prior_work_s_form_of_it_matches_by_the_target():
    job = read(task("{transformer: {name: local}, io.archspec: {cpu.target: amd64}}"))
    assert matched(TARGETS, job) == ["here", "small"]


# requires


@pytest.mark.parametrize(
    ("requires", "found"),
    [
        ("[{name: system, field: cpu.target, value: zen2}]", ["system{cpu.target=zen2}"]),
        ('[{hardware.gpu.available: "yes"}]', ["hardware{hardware.gpu.available=yes}"]),
        ('{hardware.gpu.available: "yes", os: {name: u}}', ["hardware{hardware.gpu.available=yes}", "os{name=u}"]),
        (
            "[{name: spack, field: type, match: package, attribute: name, value: zlib}]",
            ["spack{name=zlib, type=package}"],
        ),
    ],
)
def test_compspec_s_requirements(requires, found):
    assert lines(read(f"{PUBLISHED}    requires: {requires}\n")) == [found]


@pytest.mark.parametrize(
    ("requires", "said"),
    [
        ("[{name: a, field: b, match: c, value: d}]", "match and value are both given"),
        ("[{name: a, field: b, match: c, attribute: d}]", "is not a plain value"),
        ("{hardware: yes}", "is not a requirement"),
        ("{.: 1}", "is not a requirement"),
        ("somewhere", "names no list of `requires`"),
        ("[{type: io, archspec: {cpu.target: a}, other: {a: 1}}]", "is not a requirement"),
    ],
)
def test_what_compspec_does_not_mean_is_refused(requires, said):
    assert said in refusal(f"{PUBLISHED}    requires: {requires}\n")


NAMED = """
version: 1
requires: %s
resources:
  a: {type: node, count: 1, requires: [{os: {name: u}}]}
  b: {type: rack, count: 2}
tasks:
- {resources: a%s}
- {resources: b}
"""


@pytest.mark.parametrize(
    ("requires", "of_task", "found"),
    [
        ("{gpu: {vendor: x}}", "", [["gpu{vendor=x}", "os{name=u}"], ["gpu{vendor=x}"]]),
        ("[{gpu: {vendor: x}}]", "", [["gpu{vendor=x}", "os{name=u}"], ["gpu{vendor=x}"]]),
        ("{mine: [{gpu: {vendor: x}}]}", ", requires: mine", [["gpu{vendor=x}", "os{name=u}"], []]),
        ("{mine: [{gpu: {vendor: x}}]}", "", [["gpu{vendor=x}", "os{name=u}"], ["gpu{vendor=x}"]]),
        ("[]", ", requires: {gpu: {vendor: x}}", [["gpu{vendor=x}", "os{name=u}"], []]),
    ],
)
def test_requirements_at_the_top_and_of_tasks(requires, of_task, found):
    assert lines(read(NAMED % (requires, of_task))) == found


def test_a_task_has_the_resources_of_the_group_around_it():
    job = read(RESOURCES % "" + "groups: [{name: g, resources: big, tasks: [{requires: {os: {name: u}}}]}]")
    assert lines(job) == [["os{name=u}"]]


def test_requirements_inside_with():
    job = read(
        """
version: 1
resources:
  a:
    type: node
    with:
      type: gpu
      count: 2
      requires: [{gpu: {vendor: x}}]
"""
    )
    ((node,),) = (group.shape for group in job.groups)
    (gpu,) = node.contents
    assert (gpu.type, gpu.count, list(map(str, gpu.requirements))) == ("gpu", 2, ["gpu{vendor=x}"])
    assert parse_jobspec(jobspec_document(job, "nextgen"), "job") == job
    flux = jobspec_document(job, "flux")
    assert parse_jobspec(flux, "job") == job


# Which resources are asked for

RESOURCES = """
version: 1
resources:
  big: {type: node, count: 8%s, with: [{type: gpu, count: 2}, {type: core, count: 4}]}
  gpus: {type: node, count: 2, with: [{type: gpu, count: 1}]}
  cpus: {type: node, count: 2, with: [{type: core, count: 4}]}
"""
BIG = "8 node with 2 gpu and 4 core"
GPUS, CPUS = "2 node with 1 gpu", "2 node with 4 core"


@pytest.mark.parametrize(
    ("scheduled", "rest", "found"),
    [
        ("", "", {BIG, GPUS, CPUS}),
        (", schedule: true", "", {BIG}),
        (", schedule: true", "tasks: [{resources: gpus}]", {BIG}),
        (", schedule: false", "", {GPUS, CPUS}),
        ("", "tasks: [{resources: gpus, depends_on: [x], local: true, steps: []}]", {GPUS}),
        ("", "tasks: [{resources: gpus&cpus}]", {GPUS, CPUS}),
        ("", "groups: [{name: g, resources: big, tasks: [{resources: gpus}, {command: x}]}]", {BIG}),
        ("", "groups: [{name: g, resources: big, tasks: [{group: h}]}, {name: h, resources: cpus}]", {BIG}),
        ("", "groups: [{name: g, resources: big}, {name: h, resources: cpus, depends_on: [g]}]", {BIG, CPUS}),
        ("", "groups: [{name: g, resources: big, groups: [{name: h, resources: cpus}]}]", {BIG}),
        ("", "tasks: [{group: h}]\ngroups: [{name: h, resources: cpus}]", {CPUS}),
        ("", "groups: [{name: g, resources: big, tasks: [{resources: gpus|cpus}]}]", {BIG}),
        ("", "tasks: [{resources: gpus}, {resources: gpus|cpus}]", {GPUS}),
        (
            "",
            "entrypoint: g\ngroups: [{name: g, resources: big, launch: [{group: h}]}, {name: h, resources: cpus}]",
            {BIG},
        ),
    ],
)
def test_which_resources_are_asked_for(scheduled, rest, found):
    job = read(RESOURCES % scheduled + rest)
    named = {"8 node": BIG, "2 node with 1 gpu": GPUS, "2 node with 4 core": CPUS}
    assert {next(one for key, one in named.items() if shape.startswith(key)) for shape in shapes(job)} == found
    assert len(job.groups) == len(found)


@pytest.mark.parametrize(
    ("scheduled", "rest", "said"),
    [
        ("", "groups: [{name: g, resources: gpus, tasks: [{resources: cpus}]}]", "asks for more than the resources"),
        ("", "groups: [{name: g, resources: gpus, tasks: [{resources: big}]}]", "groups[0].tasks[0].resources"),
        (", schedule: false", "tasks: [{resources: big}]", "tasks[0].resources: asks for more"),
        (
            "",
            "groups: [{name: g, resources: big, tasks: [{resources: cpus, requires: {os: {name: u}}}]}]",
            "unclear which resources",
        ),
        ("", "tasks: [{resources: gpus|other}]", "names no resource"),
        ("", "entrypoint: x", "entrypoint: names no group"),
        ("", "groups: [{name: g, resources: big, surprise: 1}]", "'surprise' is not understood"),
        ("", "groups: [{name: g, launch: [{count: 1}]}]", "groups[0].launch[0].group"),
        ("", "tasks: [{resources: gpus, memory: 5}]", "'memory' is not understood"),
    ],
)
def test_what_asks_for_what_is_not_there_is_refused(scheduled, rest, said):
    assert said in refusal(RESOURCES % scheduled + rest)


def test_alternatives_of_shapes():
    job = read(RESOURCES % "" + "tasks: [{resources: gpus|cpus}]")
    (group,) = job.groups
    assert {one.type for one in group.shape} == {"xor_slot"}
    assert {str(one.contents[0]) for one in group.shape} == {GPUS, CPUS}
    two_of_four_cores = fleet_of(here=[{}, {}], small=[{}])
    assert matched(two_of_four_cores, job) == ["here"]


@pytest.mark.parametrize(
    "rest",
    [
        "tasks: [{command: x, resources: gpus|cpus}]",
        "tasks: [{command: x, resources: big}, {resources: gpus|cpus}]",
        "tasks: [{resources: big&gpus|cpus}]",
        "requires: {os: {name: u}}\ntasks: [{resources: gpus|cpus}]",
    ],
)
def test_alternatives_are_written_and_read_again(rest):
    job = read(RESOURCES % ", requires: [{os: {name: u}}]" + rest)
    assert parse_jobspec(jobspec_document(job, "nextgen"), "job") == job


def test_alternatives_of_requirements():
    document = "version: 1\nresources: {a: {requires: [{x: {}}]}, b: {requires: [{y: {}}]}}\ntasks: [{resources: a|b}]"
    assert lines(read(document)) == [["x or y"]]


def test_alternatives_keep_their_requirements():
    document = """
version: 1
resources:
  a: {type: node, requires: [{os: {name: u}}]}
  b: {type: node, count: 2, requires: [{os: {name: v}}]}
tasks: [{resources: a|b}]
"""
    job = read(document)
    u, v = {"os": [{"name": "u"}]}, {"os": [{"name": "v"}]}
    assert sorted(matched(fleet_of(one=[u], two=[v], three=[v, v]), job)) == ["one", "three"]


def test_one_resource_in_place_of_named_ones():
    job = read("version: 1\nresources: {type: node, count: 2}\ntasks: [{command: x}]")
    assert job.groups == (ResourceGroup((ResourceRequest("node", 2),)),)


@pytest.mark.parametrize(
    ("of_job", "of_a", "of_task", "found"),
    [
        ("", "", "", None),
        ("", "300s", "", "300s"),
        ("", "300", "600", 600),
        ("1h", "300", "600", "1h"),
        ("", "300s", "300s", "300s"),
    ],
)
def test_the_longest_duration_of_the_parts_is_the_job_s(of_job, of_a, of_task, found):
    def attributes(value):
        return f", attributes: {{duration: {value}}}" if value else ""

    text = f"version: 1\nresources: {{a: {{type: node{attributes(of_a)}}}}}\n"
    text += f"tasks: [{{resources: a{attributes(of_task)}}}]\n"
    text += f"attributes: {{duration: {of_job}}}\n" if of_job else ""
    assert dict(read(text).attributes).get("duration") == found


def test_durations_that_cannot_be_compared_are_refused():
    text = (
        "version: 1\nresources: {a: {type: node, attributes: {duration: 5m}}, b: {attributes: {duration: 1h}, type: x}}"
    )
    assert "the durations differ" in refusal(text)


def test_what_is_kept_is_noted_once():
    notes = Notes()
    read(RESOURCES % ", environment: {A: 1}" + "tasks: [{resources: big, name: t, depends_on: [u], steps: []}]", notes)
    assert list(notes.kept) == ["resources.big.environment", "tasks[0].depends_on", "tasks[0].steps"]
    assert not notes.unknown


# Slots of several kinds, in both dialects


@pytest.mark.parametrize("kind", ["slot", "or_slot", "xor_slot"])
@pytest.mark.parametrize("dialect", ["flux", "task-resources", "nextgen"])
def test_slots_are_written_and_read_again(kind, dialect):
    slots = tuple(
        ResourceRequest(kind, 1, (ResourceRequest(inside, number),)) for inside, number in (("core", 8), ("gpu", 1))
    )
    job = parse_jobspec(
        {
            "version": 9999,
            "resources": [
                {
                    "type": "node",
                    "count": 1,
                    "with": [
                        {"type": kind, "count": 1, "label": "a", "with": [{"type": "core", "count": 8}]},
                        {"type": kind, "count": 1, "label": "b", "with": [{"type": "gpu", "count": 1}]},
                    ],
                }
            ],
        },
        "job",
    )
    assert job.groups[0].shape == (ResourceRequest("node", 1, slots),)
    assert parse_jobspec(jobspec_document(job, dialect), "job") == job


# What is meant to take long


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ("groups: &g [{name: a, groups: *g}]", "nested too deeply"),
        ("groups: [" + ("{tasks: [" + "{}, " * 300 + "]}, ") * 40 + "]", "too many tasks and groups"),
    ],
)
def test_what_stands_for_too_much_is_refused(rest, said):
    assert said in refusal(RESOURCES % "" + rest)


def entries(number):
    return [{"name": f"s{i}", "field": "f", "match": "x"} for i in range(number)]


def requests(letter):
    return [{"type": f"{letter}{i}"} for i in range(3000)]


NODE = {"type": "node"}
MANY = {
    "a list that many tasks name": {
        "requires": {"m": entries(1000)},
        "resources": {"a": NODE},
        "tasks": [{"resources": "a", "requires": "m"}] * 3000,
    },
    "a list that many resources name": {
        "requires": {"m": entries(1000)},
        "resources": {f"a{i}": {**NODE, "requires": "m"} for i in range(2500)},
    },
    "requirements of many resources": {"requires": entries(1000), "resources": {f"a{i}": NODE for i in range(3500)}},
    "many parts of many": {
        "resources": {"o": {**NODE, "with": requests("t")}, "i": {**NODE, "with": requests("u")}},
        "groups": [{"resources": "o", "tasks": [{"resources": "i"}]}],
    },
    "many parts, all there": {
        "resources": {"o": {**NODE, "with": requests("t")}, "i": {**NODE, "with": requests("t")[::-1]}},
        "groups": [{"resources": "o", "tasks": [{"resources": "i"}]}],
    },
    "alternatives of many": {
        "resources": {f"o{i}": {**NODE, "count": i + 1} for i in range(3000)},
        "tasks": [{"resources": "|".join(f"o{i}" for i in range(3000))}] * 8,
    },
}


@pytest.mark.parametrize("kind", MANY)
def test_what_is_meant_to_take_long_is_read_or_refused_in_time(kind):
    start = time.process_time()
    try:
        parse_jobspec({"version": 1, **MANY[kind]}, "job", "f")
    except InputError as error:
        assert len(str(error)) < 2000
    assert time.process_time() - start < 3
