import hashlib
import os
from pathlib import Path

import pytest

from placewise.errors import InputError
from placewise.formats.experiment_folder import read_experiment, write_experiment
from placewise.model.jobs.records import Records
from placewise.model.jobs.workload import Workload

DATA = Path(os.environ.get("PLACEWISE_DATA", Path(__file__).parents[2].parent / "shared" / "data"))
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"the public data are not at {DATA}")

JOBS = "- {name: a, package: b, package_version: '1.0', resources: {gcc: {min: '9', max: '10'}}}\n"
FLEET = '{"gray": {"gcc": "9.4", "zlib": "1.2"}, "coral": {"zlib": "1.2"}}'


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "experiment"
    (folder / "jobspecs").mkdir(parents=True)
    (folder / "jobspecs" / "jobspecs-10.yaml").write_text(JOBS.replace("name: a", "name: z"))
    (folder / "jobspecs" / "jobspecs-9.yaml").write_text(JOBS)
    (folder / "cluster-features.json").write_text(FLEET)
    return folder


def test_an_experiment_holds_fleet_jobs_and_the_hash_of_every_input(folder):
    experiment = read_experiment(folder, cache=None)
    assert experiment.fleet.names == ("gray", "coral")
    assert [len(cluster.subsystems) for cluster in experiment.fleet.clusters] == [2, 1]
    assert experiment.jobs.names == ("a", "z")
    files = ["cluster-features.json", "jobspecs/jobspecs-9.yaml", "jobspecs/jobspecs-10.yaml"]
    assert experiment.inputs == tuple((f, hashlib.sha256((folder / f).read_bytes()).hexdigest()) for f in files)


def test_an_experiment_reads_back_as_it_was_written(folder, tmp_path):
    first = read_experiment(folder, cache=None)
    write_experiment(first.fleet, first.jobs, tmp_path / "again")
    again = read_experiment(tmp_path / "again", cache=None)
    assert again.fleet == first.fleet
    assert again.jobs.names == first.jobs.names
    assert again.jobs.requirements == first.jobs.requirements
    assert again.jobs.ids.tolist() == first.jobs.ids.tolist()
    with pytest.raises(InputError, match="already exists"):
        write_experiment(again.fleet, again.jobs, tmp_path / "again")
    write_experiment(again.fleet, again.jobs, tmp_path / "again", force=True)
    assert read_experiment(tmp_path / "again", cache=None).inputs == again.inputs


def test_a_job_that_asks_for_an_unknown_subsystem_is_refused_with_its_file(folder):
    path = folder / "jobspecs" / "jobspecs-10.yaml"
    path.write_text(path.read_text().replace("gcc:", "gcx:"))
    with pytest.raises(InputError) as caught:
        read_experiment(folder, cache=None)
    assert str(caught.value).startswith(
        f"{path}, job 'z', package 'gcx': no cluster of the fleet has the subsystem 'gcx'"
    )


def test_writing_refuses_what_reading_would_refuse_and_writes_nothing(folder, tmp_path):
    experiment = read_experiment(folder, cache=None)
    (folder / "cluster-features.json").write_text('{"gray": {"zlib": "1"}}')
    jobs = folder / "jobspecs"
    jobs.joinpath("jobspecs-9.yaml").unlink()
    jobs.joinpath("jobspecs-10.yaml").write_text("- {name: a, resources: {}}")
    without_gcc = read_experiment(folder, cache=None).fleet
    with pytest.raises(InputError, match="no cluster of the fleet has the subsystem 'gcc'"):
        write_experiment(without_gcc, experiment.jobs, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def delete_all(folder):
    for path in (folder / "jobspecs").iterdir():
        path.unlink()
    (folder / "jobspecs").rmdir()
    (folder / "cluster-features.json").unlink()


def delete_files(folder):
    for path in (folder / "jobspecs").iterdir():
        path.unlink()


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (delete_all, "holds no experiment"),
        (delete_files, "holds no jobspecs"),
        (lambda folder: (folder / "jobspecs").rename(folder / "jobs"), "holds no jobspecs"),
        (lambda folder: (folder / "cluster-features.json").unlink(), "holds no cluster-features.json"),
        (
            lambda folder: (folder / "cluster-features.json").write_text(""),
            "cluster-features.json: the document is empty",
        ),
        (
            lambda folder: (folder / "jobspecs" / "jobspecs-9.yaml").write_text(""),
            "jobspecs-9.yaml: the document is empty",
        ),
        (
            lambda folder: (folder / "jobspecs" / "jobspecs-9.yaml").write_bytes(b"\xff"),
            "jobspecs-9.yaml, byte 0: is not UTF-8",
        ),
        (lambda folder: (folder / "jobspecs" / "more.yaml").mkdir(), "more.yaml: is a folder"),
        (lambda folder: folder.rename(folder.with_name("elsewhere")), "does not exist"),
        (lambda folder: (folder.rename(folder.with_name("b")), folder.write_text("")), "is not a folder"),
    ],
)
def test_a_folder_that_holds_no_experiment_is_refused(folder, tmp_path, damage, said):
    damage(folder)
    cache = tmp_path / "cache"
    with pytest.raises(InputError) as caught:
        read_experiment(folder, cache=cache)
    assert str(folder) in str(caught.value)
    assert said in str(caught.value)
    assert not cache.exists()


@pytest.mark.slow
@needs_data
def test_the_kinds_of_the_real_experiments_are_told():
    assert isinstance(read_experiment(DATA / "reliabuild", cache=None).jobs, Workload)
    assert isinstance(read_experiment(DATA / "spack-build", cache=None).jobs, Records)
