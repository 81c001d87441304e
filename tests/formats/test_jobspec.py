"""What each dialect means, and what it refuses."""

import pytest
import yaml

from placewise.errors import InputError
from placewise.formats.jobs.jobspec import jobspec_text, parse_jobspec, read_jobspec
from placewise.model.jobs.job import Job, ResourceGroup, ResourceRequest
from placewise.model.requirements.predicates import Equals, InVersionRange, OneOf, Within
from placewise.model.requirements.requirement import Condition, Requirement
from placewise.model.versions.version_range import parse_bounds

FLUX = """
version: 1
resources:
- type: node
  count: 4
  with:
  - type: slot
    count: 2
    label: default
    exclusive: true
    with:
    - {type: core, count: 3}
    - {type: memory, count: 8, unit: GiB}
tasks:
- command: [app, --size, 10]
  slot: default
  count: {per_slot: 1}
attributes:
  system:
    duration: 3600.
    cwd: /home/flux
    environment: {HOME: /home/flux}
    shell: {options: {rlimit: {nofile: 1024}}}
    job: {name: mine}
  user: {colour: red, notes: [1, 2]}
"""

TASK_RESOURCES = """
version: 1
resources:
- count: 2
  type: node
  with:
  - count: 1
    label: default
    type: slot
    with: [{count: 2, type: core}]
task:
  command: [ior]
  slot: default
  count: {per_slot: 1}
  resources:
    spack:
      range:
      - {max: "0.5.5", min: "0.5.1", field: version}
    io:
      match:
      - {field: type, match: shm}
      - {value: [nvme, true, 4], field: kind}
      range:
      - {field: bandwidth, min: 2}
"""

NEXTGEN = """
version: 1
name: named
resources:
  build:
    type: node
    replicas: 2
    requires:
    - {name: compiler, field: compiler_version, min: "9"}
    - {name: arch, field: value, match: x86_64}
    with: [{count: 2, type: core}, {type: gpu}]
  spare: {type: node, count: 7}
tasks:
- {command: [make, ""], resources: build, replicas: 3}
attributes:
  duration: 1h
  parameter: {seconds_per_gb: 0.4}
"""


def parse(text, name="job", source="file.yaml"):
    return jobspec_text(text, name, source)


def refusal(document):
    with pytest.raises(InputError) as caught:
        parse_jobspec(document, "job", "file.yaml")
    return str(caught.value)


def wanted(subsystem, field, predicate):
    return Requirement(subsystem, (Condition(field, predicate),))


def node(number, *contents):
    return ResourceRequest("node", number, contents)


def changed(text, place, value):
    """The document of a text with one place changed; `...` takes it out."""
    document = yaml.safe_load(text)
    *path, last = place
    at = document
    for key in path:
        at = at[key]
    if value is ...:
        del at[last]
    else:
        at[last] = value
    return document


def test_flux():
    slot = ResourceRequest("slot", 2, (ResourceRequest("core", 3), ResourceRequest("memory", 8, unit="GiB")))
    assert parse(FLUX) == Job(
        "mine",
        (ResourceGroup((node(4, slot),)),),
        ("app", "--size", "10"),
        (("colour", "red"), ("cwd", "/home/flux"), ("duration", 3600.0)),
    )


def test_task_resources():
    slot = ResourceRequest("slot", 1, (ResourceRequest("core", 2),))
    requirements = (
        wanted("spack", "version", InVersionRange(parse_bounds("0.5.1", "0.5.5"))),
        Requirement(
            "io",
            (
                Condition("type", Equals("shm")),
                Condition("kind", OneOf(("4", "nvme", "true"))),
                Condition("bandwidth", Within(2, None)),
            ),
        ),
    )
    assert parse(TASK_RESOURCES) == Job("job", (ResourceGroup((node(2, slot),), requirements),), ("ior",))


def test_nextgen():
    requirements = (
        wanted("compiler", "compiler_version", InVersionRange(parse_bounds("9", None))),
        wanted("arch", "value", Equals("x86_64")),
    )
    shape = (node(2, ResourceRequest("core", 2), ResourceRequest("gpu")),)
    expected = Job(
        "named", (ResourceGroup(shape, requirements),), ("make", ""), (("duration", "1h"), ("seconds_per_gb", 0.4))
    )
    assert parse(NEXTGEN) == expected


def test_nextgen_with_a_task_that_names_no_resource_wants_all_of_them():
    job = parse_jobspec(changed(NEXTGEN, ("tasks", 0, "resources"), ...), "job")
    assert [group.shape[0].count for group in job.groups] == [2, 7]


def test_nextgen_groups_stand_in_the_document_s_order_each_once():
    document = changed(NEXTGEN, ("tasks",), [{"resources": "spare"}, {"resources": "build"}, {"resources": "spare"}])
    assert [group.shape[0].count for group in parse_jobspec(document, "job").groups] == [2, 7]


@pytest.mark.parametrize(
    "task",
    [{"command": "ior -x"}, {"command": ["ior -x"]}],
)
def test_a_command_of_text_is_one_word(task):
    assert parse_jobspec(changed(FLUX, ("tasks",), [task]), "job").command == ("ior -x",)


def test_the_command_is_the_first_task_s():
    tasks = [{"command": ["a"]}, {"command": ["b"]}]
    assert parse_jobspec(changed(FLUX, ("tasks",), tasks), "job").command == ("a",)
    assert parse_jobspec(changed(FLUX, ("tasks",), []), "job").command == ()


def test_a_range_of_counts_is_met_by_its_minimum():
    counts = {"min": 2, "max": 16, "operator": "*", "operand": 2}
    job = parse_jobspec(changed(FLUX, ("resources", 0, "count"), counts), "job")
    assert job.groups[0].shape[0].count == 2


def test_requirements_without_a_shape():
    document = changed(TASK_RESOURCES, ("resources",), ...)
    assert parse_jobspec(document, "job").groups[0].shape == ()
    entry = {"name": "io", "field": "type", "match": "shm"}
    document = {"version": 1, "resources": {"any": {"requires": [entry]}}}
    assert parse_jobspec(document, "job") == Job("job", (ResourceGroup((), (wanted("io", "type", Equals("shm")),)),))


COUNTS = [
    0,
    -1,
    None,
    True,
    "two",
    "0",
    1.5,
    1.0,
    [],
    {"max": 2},
    {"min": 0},
    {"min": 3, "max": 2},
    {"min": 1, "operator": "-"},
]


@pytest.mark.parametrize("value", [*COUNTS, ...])
def test_counts_of_less_than_one_and_of_other_kinds_are_refused(value):
    message = refusal(changed(FLUX, ("resources", 0, "with", 0, "with", 0, "count"), value))
    assert (
        message.startswith("file.yaml, job 'job', resources[0].with[0].with[0], count") or "count is missing" in message
    )
    if value is not ...:
        assert "resources.build, replicas" in refusal(changed(NEXTGEN, ("resources", "build", "replicas"), value))


RESOURCE = ("resources", 0)
TASK = ("tasks", 0)
SYSTEM = ("attributes", "system")
MATCH = ("task", "resources", "io", "match")
RANGE = ("task", "resources", "spack", "range")
BUILD = ("resources", "build")


@pytest.mark.parametrize(
    ("text", "place", "value", "said"),
    [
        (FLUX, ("version",), ..., "version"),
        (FLUX, ("version",), 0, "version: 1 to 9999"),
        (FLUX, ("version",), 10_000, "version: 1 to 9999"),
        (FLUX, ("version",), True, "version"),
        (FLUX, ("version",), "1", "version"),
        (NEXTGEN, ("version",), 9999, "version"),
        (FLUX, ("surprise",), 1, "'surprise' is not understood; expected no more than version, name"),
        (NEXTGEN, ("version",), 3, "version: 1 to 2"),
        (NEXTGEN, ("groups",), {}, "groups: is not a list"),
        (NEXTGEN, ("requires",), 5, "requires: is not a list"),
        (FLUX, ("task",), {"command": ["x"]}, "task and tasks are both given"),
        (FLUX, ("name",), 5, "name"),
        (FLUX, ("resources",), ..., "asks for no resources"),
        (FLUX, ("resources",), None, "asks for no resources"),
        (FLUX, ("resources",), "node", "asks for no resources"),
        (FLUX, ("resources",), [], "asks for nothing"),
        (FLUX, RESOURCE, None, "resources[0]: is not a mapping"),
        (FLUX, (*RESOURCE, "type"), ..., "resources[0].type"),
        (FLUX, (*RESOURCE, "type"), 5, "resources[0].type"),
        (FLUX, (*RESOURCE, "unit"), None, "resources[0].unit"),
        (FLUX, (*RESOURCE, "exclusive"), 1, "resources[0].exclusive"),
        (FLUX, (*RESOURCE, "label"), None, "resources[0].label"),
        (FLUX, (*RESOURCE, "replicas"), 2, "'replicas' is not understood"),
        (FLUX, (*RESOURCE, "requires"), None, "resources[0].requires"),
        (FLUX, (*RESOURCE, "with", 0, "requires"), [{"name": "io"}], "a slot is not a vertex"),
        (FLUX, (*RESOURCE, "with"), [], "asks for nothing"),
        (FLUX, (*RESOURCE, "with"), None, "resources[0].with"),
        (FLUX, (*RESOURCE, "with", 0, "with"), ..., "a slot holds nothing"),
        (FLUX, (*TASK, "command"), [], "the command is empty"),
        (FLUX, (*TASK, "command"), "", "the command is empty"),
        (FLUX, (*TASK, "command"), None, "tasks[0].command"),
        (FLUX, (*TASK, "command"), ["sleep", 1.5], "tasks[0].command[1]"),
        (FLUX, (*TASK, "command"), ["a", None], "tasks[0].command[1]"),
        (FLUX, (*TASK, "slot"), "other", "'other'"),
        (FLUX, (*TASK, "slot"), None, "tasks[0].slot"),
        (FLUX, (*TASK, "count"), 1, "tasks[0].count"),
        (FLUX, (*TASK, "count"), {}, "per_slot, per_resource or total"),
        (FLUX, (*TASK, "count", "per_slot"), 0, "tasks[0].count.per_slot"),
        (FLUX, (*TASK, "resources"), "spack", "'resources' is not understood"),
        (FLUX, (*TASK, "depends_on"), [], "'depends_on' is not understood"),
        (FLUX, ("tasks",), {"command": ["a"]}, "tasks: is not a list"),
        (FLUX, ("attributes",), 5, "attributes"),
        (FLUX, ("attributes", "other"), {}, "'other' is not understood"),
        (FLUX, ("attributes", "parameter"), 5, "attributes.parameter: is not a mapping"),
        (FLUX, ("attributes", "parameter"), {"a": {}}, "attributes.parameter.a"),
        (FLUX, ("attributes", "parameter"), {"a": None}, "attributes.parameter.a"),
        (FLUX, ("attributes", "user"), None, "attributes.user"),
        (FLUX, ("attributes", "user", "duration"), 5, "is in two sections"),
        (FLUX, (*SYSTEM, "constraints"), {"xor": []}, "attributes.system.constraints: 'xor' is not understood"),
        (FLUX, (*SYSTEM, "constraint"), {"properties": ["gpu"]}, "'constraint' is unknown, and could be a requirement"),
        (FLUX, (*SYSTEM, "dependencies"), {}, "attributes.system.dependencies: is not a list"),
        (FLUX, (*SYSTEM, "queue"), None, "attributes.system.queue"),
        (FLUX, (*SYSTEM, "other"), float("nan"), "attributes.system.other"),
        (NEXTGEN, ("attributes",), {"system": {"constraints": {}}}, "'constraints' is not supported"),
        (FLUX, (*SYSTEM, "duration"), -1, "attributes.system.duration"),
        (FLUX, (*SYSTEM, "duration"), True, "attributes.system.duration"),
        (FLUX, (*SYSTEM, "duration"), None, "attributes.system.duration"),
        (FLUX, (*SYSTEM, "environment"), 5, "attributes.system.environment"),
        (FLUX, (*SYSTEM, "job", "name"), 5, "attributes.system.job.name"),
        (TASK_RESOURCES, (*MATCH, 0, "match"), None, "task.resources.io.match[0]"),
        (TASK_RESOURCES, (*MATCH, 0, "match"), {}, "task.resources.io.match[0]"),
        (TASK_RESOURCES, (*MATCH, 0, "match"), [], "no value can meet"),
        (TASK_RESOURCES, (*MATCH, 0, "match"), [None], "task.resources.io.match[0]"),
        (TASK_RESOURCES, (*MATCH, 0, "match"), ..., "match or value"),
        (TASK_RESOURCES, (*MATCH, 0, "value"), "x", "match or value"),
        (TASK_RESOURCES, (*MATCH, 0, "field"), ..., "task.resources.io.match[0].field"),
        (TASK_RESOURCES, (*MATCH, 0, "extra"), 1, "'extra' is not understood"),
        (TASK_RESOURCES, (*MATCH, 0), {"field": "version", "match": 1.1}, "quoted version"),
        (TASK_RESOURCES, (*MATCH, 0), {"field": "os-version", "match": ["1", 1.1]}, "quoted version"),
        (TASK_RESOURCES, MATCH, {}, "is not a list"),
        (
            TASK_RESOURCES,
            (*RANGE, 0, "min"),
            0.5,
            "task.resources.spack.range[0], min: a version is written as a number",
        ),
        (
            TASK_RESOURCES,
            (*RANGE, 0, "min"),
            "0.6",
            "task.resources.spack.range[0]: the minimum 0.6 exceeds the maximum",
        ),
        (TASK_RESOURCES, (*RANGE, 0, "min"), None, "task.resources.spack.range[0], min"),
        (TASK_RESOURCES, (*RANGE, 0, "min"), "a b", "not a version"),
        (TASK_RESOURCES, (*RANGE, 0, "match"), "1", "'match' is not understood"),
        (TASK_RESOURCES, (*RANGE, 0), {"field": "version"}, "min, max or both"),
        (TASK_RESOURCES, (*RANGE, 0), {"field": "size", "min": 3, "max": 2}, "the minimum 3 exceeds the maximum 2"),
        (TASK_RESOURCES, (*RANGE, 0), {"field": "size", "min": True}, "is not a bound"),
        (TASK_RESOURCES, (*RANGE, 0), {"field": "size", "min": ""}, "task.resources.spack.range[0], min: is not text"),
        (TASK_RESOURCES, (*RANGE, 0), {"field": "size", "max": float("nan")}, "is not a bound"),
        (TASK_RESOURCES, (*RANGE, 0), {"field": "release", "min": 2.17}, "quoted version"),
        (TASK_RESOURCES, (*RANGE, 0, "as"), None, "task.resources.spack.range[0].as"),
        (TASK_RESOURCES, ("task", "resources", "io"), {}, "has no conditions"),
        (TASK_RESOURCES, ("task", "resources", "io"), {"match": []}, "has no conditions"),
        (TASK_RESOURCES, ("task", "resources", "io"), None, "is not a mapping"),
        (TASK_RESOURCES, ("task", "resources", "io"), {"storage": []}, "no such match predicate"),
        (TASK_RESOURCES, ("task", "resources", ""), {"match": [{"field": "a", "match": 1}]}, "names no subsystem"),
        (NEXTGEN, (*BUILD, "count"), 2, "count and replicas are both given"),
        (NEXTGEN, (*BUILD, "type"), ..., "resources.build.type"),
        (NEXTGEN, (*BUILD, "schedule"), "yes", "resources.build.schedule: is not true or false"),
        (NEXTGEN, (*BUILD, "with", 0, "requires"), [{}], "resources.build.with[0].requires[0]: is not a requirement"),
        (NEXTGEN, (*BUILD, "requires"), None, "resources.build.requires"),
        (NEXTGEN, (*BUILD, "requires", 0), {"name": "io", "match": "shm"}, "resources.build.requires[0].field"),
        (NEXTGEN, (*BUILD, "requires", 0), {"name": "io", "field": "type"}, "neither a value to match"),
        (NEXTGEN, (*BUILD, "requires", 0), {"field": "type", "match": "shm"}, "resources.build.requires[0].name"),
        (NEXTGEN, (*BUILD, "requires", 0, "match"), "9", "a value and a range are both given"),
        (NEXTGEN, (*BUILD, "requires", 1, "match"), None, "resources.build.requires[1]"),
        (NEXTGEN, (*BUILD, "requires", 0, "min"), 9.1, "quoted version"),
        (NEXTGEN, BUILD, {}, "asks for nothing"),
        (NEXTGEN, ("resources",), {}, "no resource is named"),
        (NEXTGEN, (*TASK, "resources"), "other", "names no resource"),
        (NEXTGEN, (*TASK, "resources"), "build|other", "names no resource"),
        (NEXTGEN, (*TASK, "resources"), {"type": "node"}, "tasks[0].resources"),
        (NEXTGEN, (*TASK, "replicas"), 0, "tasks[0].replicas"),
        (NEXTGEN, (*TASK, "group"), {}, "tasks[0].group"),
    ],
)
def test_what_is_not_understood_is_refused(text, place, value, said):
    parse_jobspec(yaml.safe_load(text), "job")  # so that the refusal is of the change
    message = refusal(changed(text, place, value))
    assert message.startswith("file.yaml, job 'job', ")
    assert said in message


def test_several_tasks_with_requirements_are_refused():
    document = changed(TASK_RESOURCES, ("task",), ...)
    document["tasks"] = [{"resources": {}}, {"resources": {}}]
    assert "several tasks" in refusal(document)


@pytest.mark.parametrize("document", [None, [], "text", 5, {}, {1: 2}, {"version": 1}, {"version": 1, "resources": 5}])
def test_documents_that_are_no_jobspec_are_refused(document):
    assert refusal(document).startswith("file.yaml, job 'job'")


def nested(depth):
    request = {"type": "core", "count": 1}
    for _ in range(depth - 1):
        request = {"type": "box", "count": 1, "with": [request]}
    return {"version": 1, "resources": [request]}


def test_nesting_is_bounded():
    assert parse_jobspec(nested(64), "job").groups[0].shape
    for depth in (65, 100_000):
        assert "nested too deeply" in refusal(nested(depth))


def test_a_document_of_aliases_that_stands_for_too_many_requests_is_refused():
    request = [{"type": "core", "count": 1}] * 2
    for _ in range(50):
        request = [{"type": "box", "count": 1, "with": request}] * 2
    assert "too many" in refusal({"version": 1, "resources": request})


def test_an_unquoted_version_in_yaml_names_file_job_and_field(tmp_path):
    path = tmp_path / "ior.yaml"
    path.write_text(TASK_RESOURCES.replace('"0.5.5"', "1.10"))
    with pytest.raises(InputError) as caught:
        read_jobspec(path)
    assert f"{path}, job 'ior', task.resources.spack.range[0], max" in str(caught.value)


def test_files_are_named_by_the_document_or_the_file(tmp_path):
    for text, suffix, name in ((TASK_RESOURCES, ".yaml", "spec"), (NEXTGEN, ".yml", "named")):
        (tmp_path / "spec").with_suffix(suffix).write_text(text)
        assert read_jobspec((tmp_path / "spec").with_suffix(suffix)).name == name
    (tmp_path / "a.json").write_text('{"version": 1, "resources": [{"type": "node", "count": 1}]}')
    assert read_jobspec(tmp_path / "a.json") == Job("a", (ResourceGroup((node(1),)),))
    with pytest.raises(InputError, match="cannot be read"):
        read_jobspec(tmp_path / "missing.yaml")
