"""Jobs from wherever they lie, of which equal ones are one."""

import json

import pytest

from placewise.advice.asked_jobs import asked_jobs
from placewise.errors import InputError
from placewise.formats.jobs.job_sources import read_jobs
from placewise.formats.jobs.workload_table import write_workload
from placewise.model.jobs.job import Job
from placewise.model.jobs.workload import Workload
from placewise.model.requirements.requirement import Requirement

A, B = Requirement.parse("perl@5:"), Requirement.parse("cmake@3:")


def spec(name, requirement="perl", **attributes):
    document = {"version": 1, "name": name, "task": {"command": ["app"]}}
    document["resources"] = {"default": {"requires": [{"name": requirement}]}}
    return document | ({"attributes": {"system": attributes}} if attributes else {})


def test_equal_rows_of_a_workload_are_one_job_unless_limits_tell_them_apart():
    rows = [[A], [A, B], [A], [B, A]]
    asked = asked_jobs([Workload.from_rows(("a", "b", "c", "d"), rows)])
    assert asked.names == (("a", "c"), ("b", "d"))
    assert [set(job.requirements) for job in asked.jobs] == [{A}, {A, B}]
    assert asked.count == 4
    columns = {"duration": [60, None, 120, None]}
    apart = asked_jobs([Workload.from_rows(("a", "b", "c", "d"), rows, columns)])
    assert apart.names == (("a",), ("b", "d"), ("c",))


def test_a_workload_on_disk_is_the_same_jobs(tmp_path):
    workload = Workload.from_rows(("a", "b", "c", "d"), [[A], [A, B], [A], []])
    path = tmp_path / "jobs.parquet"
    write_workload(path, [workload])
    in_memory, (on_disk,) = asked_jobs([workload]), [asked_jobs(read_jobs(path))]
    assert on_disk.names == in_memory.names
    assert [job.groups for job in on_disk.jobs] == [job.groups for job in in_memory.jobs]
    assert asked_jobs(read_jobs(tmp_path)) == on_disk


def test_a_folder_may_hold_jobspecs_and_lists(tmp_path):
    folder = tmp_path / "jobspecs"
    folder.mkdir()
    (folder / "1.json").write_text(json.dumps(spec("one")))
    (folder / "2.yaml").write_text(json.dumps(spec("two")))
    (folder / "3.json").write_text(json.dumps([{"name": "three", "resources": {"perl": {"min": "5"}}}]))
    (folder / "notes.txt").write_text("no job")
    for path in (folder, tmp_path):
        asked = asked_jobs(read_jobs(path))
        assert asked.names == (("one", "two"), ("three",))
    assert [one.name for one in read_jobs(folder / "1.json") if isinstance(one, Job)] == ["one"]


@pytest.mark.parametrize("content", [None, "", "[]", "[1]", "{}", "{", "3", "a: [", "\x00"])
def test_what_is_no_job_is_one_error(tmp_path, content):
    path = tmp_path / "jobs.yaml"
    if content is not None:
        path.write_text(content)
    with pytest.raises(InputError) as refused:
        asked_jobs(read_jobs(path))
    assert refused.value.file == str(path)


def test_a_folder_without_jobs_is_refused(tmp_path):
    with pytest.raises(InputError, match="holds no jobs"):
        asked_jobs(read_jobs(tmp_path))
