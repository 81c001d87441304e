"""The Python surface: the example of the design as it is written, what it loads, and what its docstrings claim."""

from __future__ import annotations

import doctest
import importlib
import subprocess
import sys

import pyarrow as pa
import pytest
from mypy import api as mypy

import placewise as pw
from placewise.formats.experiment_folder import write_experiment
from placewise.formats.profiles.profile_file import shipped_profile
from placewise.model.fleets.resources import Subsystem, SubsystemVertex
from placewise.study.sources import draw

SOLVER = """
version: 1
name: solver
resources:
  default:
    requires:
    - {name: hdf5, field: version, min: "1.8"}
    - {name: cmake, field: version, min: "3.15"}
task: {command: [./solver]}
"""

EXAMPLE = """
import placewise as pw
fleet = pw.read_fleet("demo");  job = pw.read_job("solver.yaml")        # str or Path
pw.match(fleet, job).names;     pw.explain(fleet, job)
study = pw.Study.from_folder("demo", levels=[pw.Level("abi", ["mpich", "gdbm"])])
results = study.run(seed=0, workers=2)                                  # writes nothing
results["all"].success;  results.to_arrow();  results.save("out");  results.write_report("report.html")
pw.value(study).top(5);  pw.smallest_set(study, target=0.95);  pw.near_misses(study)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the small fleet, the job, and nothing else."""
    place = tmp_path_factory.mktemp("surface")
    drawn = draw(shipped_profile("reliabuild"), 20, 300, 0)
    write_experiment(drawn.fleet, drawn.jobs, place / "demo")
    (place / "solver.yaml").write_text(SOLVER)
    (place / "expectations.yaml").write_text("jobs: [{job: solver.yaml, matches: some}]")
    return place


def test_the_example_runs_as_written(folder):
    # What starts processes guards its main module, as Python asks for.
    script = folder / "example.py"
    body = "".join(f"    {line}\n" for line in EXAMPLE.strip().splitlines())
    script.write_text("if __name__ == '__main__':\n" + body)
    ended = subprocess.run(
        [sys.executable, "-W", "error", str(script)], cwd=folder, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert (folder / "out" / "outcomes.parquet").is_file()
    assert "<html" in (folder / "report.html").read_text()[:500]


def test_importing_loads_neither_numpy_nor_matplotlib():
    code = "import placewise, sys; print([m for m in ('numpy', 'matplotlib', 'pyarrow', 'yaml') if m in sys.modules])"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"


def test_every_name_is_there_with_a_docstring():
    assert len(pw.__all__) == len(set(pw.__all__))
    for name in pw.__all__:
        assert getattr(pw, name).__doc__, name
        assert name in dir(pw)
    with pytest.raises(AttributeError, match="nothing_of_the_kind"):
        pw.nothing_of_the_kind  # noqa: B018, looked up


@pytest.mark.parametrize("module", ["study", "results", "questions", "differences", "checking", "advising"])
def test_the_examples_of_the_docstrings_hold(module, folder, monkeypatch):
    monkeypatch.chdir(folder)
    pw.Study.from_folder("demo").run(orders=0, fleets=0, resamples=0).save("out")
    names = {name: getattr(pw, name) for name in pw.__all__}
    loaded = importlib.import_module(f"placewise.api.{module}")
    failed, tried = doctest.testmod(loaded, extraglobs=names, report=False)
    assert tried
    assert not failed


def test_results_show_themselves_and_name_what_they_lack(folder):
    study = pw.Study.from_folder(folder / "demo", levels=[pw.Level("abi", ["mpich", "gdbm"])])
    results = study.run(orders=0, fleets=0, resamples=0, values=False)
    assert list(results) == ["none", "single-subsystem", "expanded-subsystems", "abi", "all"]
    table = results.to_arrow()
    assert isinstance(table, pa.Table)
    assert dict(zip(table["experiment"].to_pylist(), table["success"].to_pylist(), strict=True))[
        "abi"
    ] == pytest.approx(results["abi"].success)
    assert "success of matched jobs" in results._repr_html_()
    with pytest.raises(pw.InputError, match="no such experiment"):
        results["abj"]
    fleet, job = pw.read_fleet(folder / "demo"), pw.read_job(folder / "solver.yaml")
    found, told = pw.match(fleet, job), pw.explain(fleet, job)
    assert found.names == told.matched
    assert all(name in found._repr_html_() for name in found.names)
    assert f"{told.total:,} clusters match" in told._repr_html_()


def test_saved_results_read_back(folder, tmp_path):
    results = pw.Study.from_folder(folder / "demo").run(orders=0, fleets=0, resamples=0, values=False)
    results.save(tmp_path / "kept")
    back = pw.read_results(tmp_path / "kept")
    assert back.to_arrow().equals(results.to_arrow())
    with pytest.raises(pw.PlacewiseError, match="no rows"):
        back.save(tmp_path / "again")


@pytest.mark.slow
def test_a_users_script_passes_strict_types(folder):
    script = folder / "typed.py"
    uses = "\n".join(f"print(pw.{name})" for name in pw.__all__)
    script.write_text(EXAMPLE + uses + "\n")
    told, _, status = mypy.run(["--strict", "--config-file=", "--cache-dir=" + str(folder / "mypy"), str(script)])
    assert status == 0, told


def test_a_path_in_place_of_what_is_read_from_it_is_a_type_error_that_says_so(folder):
    fleet, job = pw.read_fleet(folder / "demo"), pw.read_job(folder / "solver.yaml")
    for function, arguments in (
        (pw.match, (fleet, "solver.yaml")),
        (pw.explain, ("demo", job)),
        (pw.value, ("demo",)),
        (pw.smallest_set, ("demo",)),
        (pw.near_misses, ("demo",)),
    ):
        with pytest.raises(TypeError, match=r"read_\w+\(path\)"):
            function(*arguments)


@pytest.mark.parametrize(
    "setting",
    [
        {"sample": "no"},
        {"unique": 3},
        {"seed": True},
        {"seed": "a"},
        {"resamples": None},
        {"fleets": 2.5},
        {"order": [3]},
    ],
    ids=str,
)
def test_settings_of_another_type_are_refused(folder, setting):
    with pytest.raises(pw.InputError):
        pw.read_study(folder / "demo").with_settings(**setting)


def test_the_ceiling_is_one_number(folder):
    results = pw.Study.from_folder(folder / "demo").run(orders=0, fleets=0, resamples=0)
    assert "ceiling" not in results.to_arrow().column_names
    assert "ceiling" not in results._repr_html_()


def test_a_requirement_is_matched_as_a_job_is(folder):
    fleet, job = pw.read_fleet(folder / "demo"), pw.read_job(folder / "solver.yaml")
    asked = pw.Requirement.parse("hdf5@1.8: and cmake@3.15:")
    assert isinstance(asked, pw.AllOf)
    assert pw.match(fleet, asked) == pw.match(fleet, job)
    assert pw.explain(fleet, asked).matched == pw.match(fleet, job).names
    others = pw.match(fleet, ~asked)
    assert sorted(others.names + pw.match(fleet, job).names) == sorted(fleet.names)
    with pytest.raises(pw.InputError, match="column"):
        pw.Requirement.parse("hdf5@1.8: and")


def test_what_is_unknown_or_not_comparable_is_said(folder):
    def cluster(name, *gpus):
        vertices = tuple(SubsystemVertex(tuple(one.items())) for one in gpus)
        return pw.Cluster(name, subsystems=(Subsystem("gpu", vertices),) if gpus else ())

    clusters = (
        cluster("has", {"memory": "80 GB"}),
        cluster("bare", {"memory": 80}),
        cluster("open"),
        cluster("full"),
    )
    fleet = pw.Fleet(clusters, pw.Vocabulary(complete={("open", "gpu"): False}))
    asked = pw.Requirement.parse('gpu{memory>="40 GB"}')
    found = pw.match(fleet, asked)
    assert (found.names, found.unknown) == (("has",), ("open",))
    assert [one.cluster for one in found.incomparable] == ["bare"]
    shown = found._repr_html_()
    assert "may match" in shown
    assert "cannot be compared" in shown
    assert pw.match(fleet, asked, unknown="yes").names == ("has", "open")
    assert pw.match(fleet, asked, unknown="yes").positions == (0, 2)
    assert pw.match(fleet, asked, unknown="no").unknown == ()
    assert "1 of 4 may match" in pw.explain(fleet, asked)._repr_html_()
    with pytest.raises(pw.InputError, match="separate or yes or no"):
        pw.match(fleet, asked, unknown="perhaps")
