import copy
import json
import os
import random
from pathlib import Path

import pytest
from drawn_requirements import expressions
from hypothesis import given
from hypothesis import strategies as st

from placewise.errors import InputError
from placewise.formats.jobs import jobspec_lists
from placewise.formats.jobs.jobspec_lists import (
    jobspec_files,
    parse_job_entries,
    read_jobspecs,
    workload_of,
)
from placewise.formats.jobs.jobspec_writing import jobspec_texts, write_files
from placewise.formats.reading import parse_yaml
from placewise.formats.requirements.rows import requirement_of, requirement_row
from placewise.model.jobs.job import ResourceRequest
from placewise.model.jobs.workload import Workload
from placewise.model.requirements.predicates import Equals
from placewise.model.requirements.requirement import Condition, Requirement, all_of, version_bounds, version_requirement

DATA = Path(os.environ.get("PLACEWISE_DATA", Path(__file__).parents[2].parent / "shared" / "data"))
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"the public data are not at {DATA}")

names = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=8) | st.sampled_from(
    ["on", "null", "1.10", "12", "<<", "- a", "a: b", "*r0", "\u2028\ufeff", "p" * 1100]
)
versions = st.sampled_from(
    ["0", "1", "1.2", "1-2", "1.10", "2.0.0", "9e", "1.1.1g", "develop", "stable_20191216", "0x1f"]
)


def fits(bounds):
    try:
        version_requirement("p", bounds.get("min"), bounds.get("max"))
    except InputError:
        return False
    return True


both = st.fixed_dictionaries({"max": versions, "min": versions}).filter(fits)
one = st.sampled_from(["min", "max"]).flatmap(lambda key: st.fixed_dictionaries({key: versions}))
resources = st.dictionaries(names, both | one, max_size=5)
usual = st.fixed_dictionaries(
    {"name": names, "resources": st.dictionaries(names, both, max_size=5)},
    optional={"package": names, "package_version": versions},
)
unusual = st.fixed_dictionaries(
    {"name": names | st.integers(0, 99), "resources": resources | st.none()},
    optional={"package": names | st.none(), "package_version": versions | st.integers(0, 99) | st.none()},
)


def lists_of(job):
    return st.lists(job, min_size=1, max_size=8, unique_by=lambda entry: str(entry["name"]))


def facts(workload):
    """Everything a workload says, whatever the numbering of its requirements."""
    bounds = [(r.subsystem, *version_bounds(r)) for r in workload.requirements]
    return (
        workload.names,
        [[bounds[i] for i in workload.row(job).tolist()] for job in range(len(workload))],
        {name: list(column) for name, column in workload.columns.items()},
    )


def as_written(jobs):
    """Say plainly what a list of jobs means."""

    def text(value):
        return None if value is None else str(value)

    return (
        tuple(str(job["name"]) for job in jobs),
        [
            [
                version_requirement(package, bounds.get("min"), bounds.get("max"))
                for package, bounds in sorted((job["resources"] or {}).items())
            ]
            for job in jobs
        ],
        {column: [text(job.get(column)) for job in jobs] for column in ("package", "package_version")},
    )


@given(lists_of(usual) | lists_of(unusual))
def test_a_workload_says_what_the_jobs_say(jobs):
    before = copy.deepcopy(jobs)
    workload = parse_job_entries(jobs, "x.yaml")
    rows = [[workload.requirements[i] for i in workload.row(job)] for job in range(len(workload))]
    assert (workload.names, rows, dict(workload.columns)) == as_written(jobs)
    assert len(set(workload.requirements)) == len(workload.requirements)
    assert jobs == before


@given(lists_of(usual))
def test_reading_in_bulk_is_reading_one_by_one(jobs):
    bulk, single = jobspec_lists._in_bulk(jobs), jobspec_lists._one_by_one([("x.yaml", jobs)])
    assert bulk.requirements == single.requirements
    assert facts(bulk) == facts(single)


def test_reading_in_bulk_crosses_the_borders_of_blocks(monkeypatch):
    draw = random.Random(5)
    jobs = [
        {
            "name": str(i),
            "resources": {
                f"p{k}": {"min": "1", "max": str(draw.randint(1, 3))} for k in draw.sample(range(9), draw.randint(0, 4))
            },
        }
        for i in range(50)
    ]
    whole = parse_job_entries(jobs, "x.yaml")
    for size in (1, 7, 49, 50):
        monkeypatch.setattr(jobspec_lists, "_BLOCK", size)
        assert facts(jobspec_lists._in_bulk(jobs)) == facts(whole) == facts(jobspec_lists._one_by_one([("x", jobs)]))


@given(lists_of(usual) | lists_of(unusual), st.integers(1, 4))
def test_a_workload_reads_back_as_it_was_written(jobs, per_file):
    workload = parse_job_entries(jobs, "x.yaml")
    texts = jobspec_texts(workload, per_file=per_file)
    again = workload_of([(name, parse_yaml(text.decode("ascii"), name)) for name, text in texts.items()])
    assert facts(again) == facts(workload)


anything = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.floats() | st.sampled_from(["", "1", "2", "a b"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "resources", "package", "min", "max", "gcc", ""]) | st.integers(),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(
    st.lists(
        st.fixed_dictionaries({"name": anything, "resources": anything | st.dictionaries(names, anything)}) | anything
    )
    | anything
)
def test_any_document_is_a_workload_or_an_input_error(document):
    try:
        workload = parse_job_entries(document, "x.yaml")
    except InputError as error:
        assert error.file == "x.yaml"
    else:
        assert len(workload) == len(document)


def read(tmp_path, *texts):
    for number, text in enumerate(texts):
        (tmp_path / f"jobspecs-{number}.yaml").write_text(text)
    return read_jobspecs(tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- {resources: {}}", "job 1: has no name"),
        ("- {name: null, resources: {}}", "job 1, name: is not text"),
        ("- {name: 1.5, resources: {}}", "job 1, name: is not text"),
        ('- {name: "", resources: {}}', "job 1, name: is not text"),
        ("- {name: a}", "job 'a': has no resources"),
        ("- {name: a, resources: []}", "job 'a', resources: is not a mapping"),
        ("- {name: a, resources: 0}", "job 'a', resources: is not a mapping"),
        ("- {name: a, resources: {1: {min: '1'}}}", "job 'a', resources: a key is not text"),
        ("- {name: a, resources: {'': {min: '1'}}}", "package '': a requirement names no subsystem"),
        ("- {name: a, resources: {gcc: 9}}", "job 'a', package 'gcc': is not a mapping"),
        ("- {name: a, resources: {gcc: null}}", "job 'a', package 'gcc': is not a mapping"),
        ("- {name: a, resources: {gcc: {}}}", "job 'a', package 'gcc': gives no bound"),
        ("- {name: a, resources: {gcc: {min: null, max: null}}}", "job 'a', package 'gcc': gives no bound"),
        ("- {name: a, resources: {gcc: {min: '2', max: '1'}}}", "job 'a', package 'gcc': the minimum 2 exceeds"),
        (
            "- {name: a, resources: {gcc: {min: 1.10, max: '2'}}}",
            "job 'a', package 'gcc', min: a version is written as a num",
        ),
        (
            "- {name: a, resources: {gcc: {min: '1', max: 1.10}}}",
            "job 'a', package 'gcc', max: a version is written as a num",
        ),
        ("- {name: a, resources: {gcc: {min: true, max: '2'}}}", "job 'a', package 'gcc', min: is not text"),
        ("- {name: a, resources: {gcc: {min: [1], max: '2'}}}", "job 'a', package 'gcc': a bound is not text"),
        ("- {name: a, resources: {gcc: {min: '!', max: '2'}}}", "job 'a', package 'gcc': not a version"),
        (
            "- {name: a, resources: {gcc: {min: '1', max: '2', mx: '3'}}}",
            "job 'a', package 'gcc': holds an unknown field",
        ),
        ("- {name: a, resources: {gcc: {min: '1', mx: '3'}}}", "job 'a', package 'gcc': holds an unknown field"),
        ("- {name: a, requires: {}}", "job 'a', requires: is not a list"),
        ("- {name: a, requires: null}", "job 'a', requires: is not a list"),
        ("- {name: a, requires: [{gcc: 9}]}", "job 'a', requires[0]: is not a requirement"),
        ("- {name: a, resources: {gcc: 9}, requires: []}", "job 'a', package 'gcc': is not a mapping"),
        ("- {name: a, resources: {gcc: {min: [1]}}, requires: []}", "job 'a', package 'gcc', min: is not text"),
        (
            "- {name: a, resources: {gcc: {max: '1'}}, requires: [{gcc: {version: {min: '2'}}}]}",
            "job 'a', requires: one gcc cannot meet both",
        ),
        ("- {name: a, resources: {}, requirements: {}}", "job 'a': holds an unknown field"),
        (
            "- {name: a, resources: {}, package_version: 1.10}",
            "job 'a', package_version: a version is written as a num",
        ),
        ("- {name: a, resources: {}, package: [b]}", "job 'a', package: is not text"),
        ("- {name: a, resources: {}}\n- b", "job 2: is not a mapping"),
        ("- [*a]", "is not valid YAML"),
        ("- &a [*a]", "job 1: is not a mapping"),
        ("{name: a, resources: {}}", "is not a list of jobs"),
        ("null", "is not a list of jobs"),
        ("[]", "there are no jobs"),
        ("", "the document is empty"),
    ],
)
def test_a_bad_file_is_refused_with_file_job_and_package(tmp_path, text, said):
    with pytest.raises(InputError) as caught:
        read(tmp_path, text)
    assert str(caught.value).startswith(str(tmp_path / "jobspecs-0.yaml"))
    assert said in str(caught.value)


def test_a_true_bound_is_not_taken_for_one_that_was_read_before(tmp_path):
    good = "- {name: a, resources: {gcc: {min: 1, max: '2'}}}\n"
    assert facts(read(tmp_path, good))[1] == [[("gcc", "1", "2")]]
    for bad in ("true", "1.0"):
        with pytest.raises(InputError, match="job 'b', package 'gcc', min"):
            read(tmp_path, good + f"- {{name: b, resources: {{gcc: {{min: {bad}, max: '2'}}}}}}")


def test_one_bound_leaves_the_other_end_open(tmp_path):
    workload = read(tmp_path, "- {name: a, resources: {gcc: {min: '9'}, zlib: {max: '1', min: null}}}")
    gcc, zlib = (r.conditions[0].predicate for r in workload.requirements)
    assert gcc.holds("999")
    assert not gcc.holds("8")
    assert zlib.holds("0.1")
    assert not zlib.holds("2")


def test_jobs_without_resources_are_kept(tmp_path):
    workload = read(tmp_path, "- {name: a, resources: {}}\n- {name: b, resources: null}")
    assert workload.names == ("a", "b")
    assert workload.requirement_counts.tolist() == [0, 0]


def test_an_empty_file_among_others_is_no_error(tmp_path):
    assert read(tmp_path, "[]", "- {name: a, resources: {}}").names == ("a",)


def test_equal_repeats_count_and_contradictions_name_both_files(tmp_path):
    job = "- {name: a, resources: {gcc: {min: '%s', max: '9'}}}\n"
    assert read(tmp_path, job % 1 + job % 1, job % 1).names == ("a", "a", "a")
    with pytest.raises(InputError) as caught:
        read(tmp_path, "- {name: b, resources: {}}\n" + job % 1, job % 1 + job % 2)
    said = str(caught.value)
    assert f"{tmp_path / 'jobspecs-1.yaml'}, job 2, and job 2 of {tmp_path / 'jobspecs-0.yaml'}" in said
    assert "'a' and ask for different things" in said


def test_files_come_in_natural_order_and_others_are_passed_over(tmp_path):
    for name in ("jobspecs-10.yaml", "jobspecs-2.yml", "jobspecs-1.json", ".hidden.yaml", "notes.txt"):
        (tmp_path / name).write_text(f'[{{"name": "{name}", "resources": {{}}}}]')
    assert [path.name for path in jobspec_files(tmp_path)] == ["jobspecs-1.json", "jobspecs-2.yml", "jobspecs-10.yaml"]
    assert read_jobspecs(tmp_path).names == ("jobspecs-1.json", "jobspecs-2.yml", "jobspecs-10.yaml")


def test_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot be listed"):
        read_jobspecs(tmp_path / "no")


def some_workload(**changes):
    given = {
        "names": ("a",),
        "rows": [[version_requirement("gcc", "9", "10")]],
        "columns": {"package": ["b"]},
        **changes,
    }
    return Workload.from_rows(**given)


def write_jobspecs(workload, folder, **options):
    write_files(jobspec_texts(workload, **options), folder)


@pytest.mark.parametrize(
    "changes",
    [
        {"names": (), "rows": [], "columns": {}},
        {"names": ("\ud800",)},
        {"columns": {"duration": [3.5]}},
        {"columns": {"package": [7]}},
        {"columns": {"package": [""]}},
        {"shape": (ResourceRequest("node"),)},
        {"rows": [[Requirement("gcc", (Condition("version", Equals("9:10")),))]]},
        {"rows": [[Requirement("gcc", (Condition("version", Equals("")),))]]},
        {
            "rows": [
                [
                    Requirement(
                        "gcc", (Condition("compiler", version_requirement("a", "1", "2").conditions[0].predicate),)
                    )
                ]
            ]
        },
    ],
)
def test_what_the_files_cannot_hold_is_refused_and_nothing_is_written(tmp_path, changes):
    write_jobspecs(some_workload(), tmp_path / "good")
    with pytest.raises(InputError):
        write_jobspecs(some_workload(**changes), tmp_path / "bad")
    assert not (tmp_path / "bad").exists()


def test_a_folder_with_other_jobspecs_is_not_written_to(tmp_path):
    workload = some_workload(names=("a", "b"), rows=[[], []], columns={})
    write_jobspecs(workload, tmp_path, per_file=1)
    write_jobspecs(workload, tmp_path, per_file=1)
    with pytest.raises(InputError, match=r"jobspecs-1\.yaml"):
        write_jobspecs(workload, tmp_path, per_file=2)
    assert read_jobspecs(tmp_path).names == ("a", "b")
    with pytest.raises(InputError, match="at least 1"):
        write_jobspecs(workload, tmp_path, per_file=0)


@pytest.mark.slow
@needs_data
def test_the_real_jobs_survive_a_round_trip(tmp_path):
    workload = read_jobspecs(DATA / "reliabuild" / "jobspecs")
    assert len(workload) == 10_507
    assert len(set(workload.names)) == 10_501
    assert len(workload.requirements) == 379
    assert (workload.requirement_counts == 0).sum() == 1
    assert len(workload.profiles().counts) == 1_602 + 1
    assert len({r.subsystem for r in workload.requirements}) == 219
    write_jobspecs(workload, tmp_path)
    assert len(jobspec_files(tmp_path)) == 11
    assert facts(read_jobspecs(tmp_path)) == facts(workload)


JOBS = """
- name: a
  resources: {cmake: {min: "3"}, mpi: {max: "4"}}
  requires:
  - {mpi: {name: openmpi}}
  - any: [{gpu: {memory: {min: 40}}}, {not: {compiler: {name: gcc}}}]
- {name: b, requires: [{scratch: {}}]}
- {name: c, resources: {cmake: {min: "3"}}}
- {name: d, requires: []}
"""


def rows(workload):
    return [[str(workload.requirements[i]) for i in workload.row(job)] for job in range(len(workload))]


def test_a_job_may_have_requirements_beside_its_packages_or_in_their_place(tmp_path):
    workload = read(tmp_path, JOBS)
    assert rows(workload) == [
        ["cmake@3:", "not compiler{name=gcc} or gpu{memory>=40}", "mpi{name=openmpi, version=:4}"],
        ["scratch"],
        ["cmake@3:"],
        [],
    ]
    again = tmp_path / "again"
    write_jobspecs(workload, again, per_file=3)
    assert rows(read_jobspecs(again)) == rows(workload)
    assert "cmake" in (again / "jobspecs-0.yaml").read_text().partition("requires")[0]


@given(st.lists(st.lists(expressions, max_size=3), min_size=1, max_size=3))
def test_a_workload_of_expressions_reads_back_as_it_was_written(jobs):
    given = [version_requirement("io", "1", "2"), version_requirement("cmake", None, "3")]
    workload = Workload.from_rows([str(n) for n in range(len(jobs))], [[*job, *given] for job in jobs])
    try:
        texts = jobspec_texts(workload)
    except InputError as error:
        assert "too deeply" in str(error) or "infinite bound" in str(error)
        return
    again = workload_of([(name, parse_yaml(text.decode("ascii"), name)) for name, text in texts.items()])
    for job in range(len(jobs)):
        assert all_of(again.job(job).requirements) == all_of(workload.job(job).requirements)


@given(expressions)
def test_a_requirement_has_a_row_that_reads_back(requirement):
    try:
        row = requirement_row(requirement)
    except InputError as error:
        assert "infinite bound" in str(error)
        assert "999" in str(requirement)  # as it writes infinity
        return
    assert requirement_of(json.loads(json.dumps(row)), "here") == requirement
