"""Two runs compared job by job."""

from __future__ import annotations

import math
import shutil
from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq
import pytest
from studies import KERNELS

from placewise.errors import InputError
from placewise.formats.profiles.profile_file import shipped_profile
from placewise.formats.results.results_folder import read_results
from placewise.formats.writing import write_json
from placewise.model.quantities import LAST, SUCCESS, SUCCESS_OF_MATCHED
from placewise.model.studies.settings import Settings
from placewise.study.compare.compare import compare
from placewise.study.record import write_run
from placewise.study.run import run_study
from placewise.study.sources import draw

VERSIONS = draw(shipped_profile("reliabuild"), 25, 150, 3)
BUILDS = draw(shipped_profile("spack-build"), 12, 250, 3)
SMALL = {"orders": 3, "fleets": 2, "resamples": 0}


def simulated(folder, inputs=VERSIONS, **settings):
    folder.mkdir(parents=True)
    fewest = {} if inputs is VERSIONS else {"minimum_builds": 5}
    study = replace(inputs, settings=Settings(**SMALL | fewest | settings))
    write_run(folder, run_study(study, KERNELS), "")
    return folder


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Runs on the same jobs: one, and others in which one thing is another."""
    where = tmp_path_factory.mktemp("runs")
    return {
        "one": simulated(where / "one"),
        "published": simulated(where / "published", scoring="published"),
        "sampled": simulated(where / "sampled", sample=True, fleets=0),
        "fewer": simulated(where / "fewer", first=100),
        "unique": simulated(where / "unique", unique=True),
        "seeded": simulated(where / "seeded", seed=1),
        "builds": simulated(where / "builds", BUILDS),
        "builds-published": simulated(where / "builds-published", BUILDS, scoring="published"),
    }


def by_figure(found):
    return {(one.experiment, one.quantity): one for one in found.differences}


def test_a_run_is_no_different_from_itself(folders):
    for name in ("one", "builds"):
        found = compare(folders[name], folders[name], resamples=20)
        assert found.unlike == found.notes == ()
        assert found.only_first == found.only_second == 0
        for one in found.differences:
            assert one.difference in (None, 0.0)
            assert all(interval.low == interval.high == 0.0 for interval in one.intervals)


@pytest.mark.parametrize(("a", "b"), [("one", "published"), ("one", "sampled"), ("builds", "builds-published")])
def test_figures_are_those_of_the_runs(folders, a, b):
    found = by_figure(compare(folders[a], folders[b], resamples=0))
    runs = [read_results(folders[name]) for name in (a, b)]
    for name in runs[0].scores:
        scores = [run.scores[name] for run in runs]
        for quantity, expected in (
            (SUCCESS, [score.success for score in scores]),
            (SUCCESS_OF_MATCHED, [score.success_of_matched.mean for score in scores]),
            ("matched", [1 - score.unmatched / score.total_jobs for score in scores]),
        ):
            one = found[name, quantity]
            assert [one.first, one.second] == pytest.approx(expected, abs=1e-12), (name, quantity)
            assert one.difference == pytest.approx(expected[0] - expected[1], abs=1e-12)
    last = found["expanded-subsystems", LAST]
    assert [last.first, last.second] == pytest.approx([run.last_level for run in runs], abs=1e-12)


def test_the_other_way_round_only_signs_change(folders):
    there = by_figure(compare(folders["one"], folders["published"], resamples=30))
    back = by_figure(compare(folders["published"], folders["one"], resamples=30))
    assert there.keys() == back.keys()
    for key, one in there.items():
        assert back[key].difference == -one.difference
        turned = [(-interval.high, -interval.low, interval.over) for interval in back[key].intervals]
        assert turned == [
            (pytest.approx(interval.low, abs=1e-12), pytest.approx(interval.high, abs=1e-12), interval.over)
            for interval in one.intervals
        ]


def test_jobs_of_one_run_alone_are_left_out(folders):
    found = compare(folders["one"], folders["fewer"], resamples=0)
    assert (found.jobs, found.only_first, found.only_second) == (100, 50, 0)
    assert all(one.difference == pytest.approx(0.0, abs=1e-12) for one in found.differences)
    assert found.notes == (
        "no intervals over random orders: the two have not the same jobs",
        "no intervals over fleets: the two have not the same jobs",
    )
    unlike = {one.what: (one.first, one.second) for one in found.unlike}
    assert unlike["settings.first"] == (None, "100")
    assert unlike["counts.jobs"] == ("150", "100")
    turned = compare(folders["fewer"], folders["one"], resamples=0)
    assert (turned.only_first, turned.only_second) == (0, 50)


def repeated(source, folder, times):
    """Copy a results folder with every job there so many times under its name."""
    shutil.copytree(source, folder)
    table = pq.read_table(folder / "outcomes.parquet")
    starts = [
        at for at, level in enumerate(table["level"].to_pylist()) if level <= 1 or not table["subsystem"][at].is_valid
    ]
    blocks = np.split(np.arange(table.num_rows), starts[1:])
    rows = np.concatenate([np.tile(block, times[at % len(times)]) for at, block in enumerate(blocks)])
    pq.write_table(table.take(rows), folder / "outcomes.parquet")
    return folder


def test_of_a_repeated_name_as_many_jobs_are_paired_as_both_have(folders, tmp_path):
    once = by_figure(compare(folders["one"], folders["published"], resamples=20))
    thrice = repeated(folders["published"], tmp_path / "thrice", [3])
    found = compare(folders["one"], thrice, resamples=20)
    assert (found.jobs, found.only_first, found.only_second) == (150, 0, 300)
    for key, one in by_figure(found).items():
        assert one.difference == pytest.approx(once[key].difference, abs=1e-12)
        assert one.intervals[0].low == pytest.approx(once[key].intervals[0].low, abs=1e-12)


def test_intervals_draw_root_packages_again_the_same_in_both(folders):
    found = compare(folders["one"], folders["published"], resamples=200, seed=5)
    rows = [pq.read_table(folders[name] / "outcomes.parquet").to_pylist() for name in ("one", "published")]
    sides = [[row for row in side if row["experiment"] == "all"] for side in rows]
    _, packages = np.unique([row["package"] for row in sides[0]], return_inverse=True)
    assert found.unit == "root package"
    assert found.units == len(set(packages.tolist())) < 150
    gains = np.array([a["success"] - b["success"] for a, b in zip(*sides, strict=True)])
    generator = np.random.default_rng(1)
    draws = []
    for _ in range(4000):
        times = np.bincount(generator.integers(found.units, size=found.units), minlength=found.units)[packages]
        draws.append((times * gains).sum() / times.sum())
    (interval, *_) = by_figure(found)["all", SUCCESS].intervals
    width = np.std(draws)
    # Two hundred draws place the ends of the interval to about a third of a standard deviation.
    assert abs(interval.low - np.quantile(draws, 0.025)) < width
    assert abs(interval.high - np.quantile(draws, 0.975)) < width
    assert 2.5 * width < interval.high - interval.low < 6 * width


def test_folders_that_do_not_know_profiles_are_paired_by_name(folders, tmp_path):
    old = []
    for name in ("one", "published"):
        old.append(tmp_path / name)
        shutil.copytree(folders[name], old[-1])
        table = pq.read_table(old[-1] / "outcomes.parquet").drop_columns(["profile", "package"])
        pq.write_table(table, old[-1] / "outcomes.parquet")
    found = compare(*old, resamples=10)
    assert (found.unit, found.units) == ("job name", 150)
    assert "profile" in found.notes[0]
    # One folder that knows them is enough.
    assert compare(old[0], folders["published"], resamples=10).unit == "requirement profile"


def test_orders_and_fleets_are_paired_by_number(folders):
    found = by_figure(compare(folders["one"], folders["published"], resamples=0))
    one, other = (read_results(folders[name]) for name in ("one", "published"))
    (over_fleets, over_orders) = sorted(
        found["expanded-subsystems", LAST].intervals, key=lambda interval: interval.over
    )
    assert over_orders.over == "3 random orders, paired by number"
    assert over_fleets.over == "2 fleets, paired by number"
    apart = one.orders.last_level - other.orders.last_level
    low, high = apart.min(), apart.max()  # of so few draws their range
    assert math.isclose(over_orders.low, low)
    assert math.isclose(over_orders.high, high)
    column = one.fleets.experiments.index("all")
    apart = one.fleets.success[:, column] - other.fleets.success[:, column]
    low, high = apart.min(), apart.max()
    (interval,) = found["all", SUCCESS].intervals
    assert (interval.low, interval.high) == pytest.approx((low, high))


def test_builds_have_orders_without_rows(folders):
    found = by_figure(compare(folders["builds"], folders["builds-published"], resamples=0))
    one = found["expanded-subsystems", LAST]
    assert {interval.over for interval in one.intervals} == {
        "3 random orders, paired by number",
        "2 fleets, paired by number",
    }


def test_draws_of_another_seed_or_number_are_not_paired(folders, tmp_path):
    found = compare(folders["one"], folders["seeded"], resamples=0)
    assert all(not one.intervals for one in found.differences)
    assert [note.rpartition(": ")[2] for note in found.notes] == ["they were drawn with different seeds"] * 2
    fewer = simulated(tmp_path / "fewer", orders=2)
    notes = compare(folders["one"], fewer, resamples=0).notes
    assert notes == ("no intervals over random orders: there are 3 and 2",)


def test_documents_differ_by_content(folders, tmp_path):
    copies = []
    for name, listed in (("a", [("x.yaml", "1"), ("y.yaml", "2")]), ("b", [("x.yaml", "1"), ("y.yaml", "3")])):
        copies.append(tmp_path / name)
        shutil.copytree(folders["one"], copies[-1])
        study = dict(read_results(folders["one"]).study)
        study["inputs"] = [{"file": file, "sha256": digest} for file, digest in listed]
        study["source"] = name
        study["study"] = {"levels": {"one": [name], "two": []}}
        write_json(copies[-1] / "study.json", study)
    found = compare(*copies, resamples=0)
    assert [(one.what, one.first, one.second) for one in found.unlike] == [
        ("source", "a", "b"),
        ("study.levels.one", '["a"]', '["b"]'),
        ("inputs.y.yaml", "2", "3"),
    ]
    shutil.rmtree(copies[1])
    shutil.copytree(copies[0], copies[1])
    (copies[1] / "study.json").write_text((copies[0] / "study.json").read_text().replace('"a"', '"z"', 1))
    assert compare(*copies, resamples=0).unlike == ()


def spoilt(folders, tmp_path, spoil):
    folder = tmp_path / "spoilt"
    shutil.copytree(folders["one"], folder)
    spoil(folder)
    return folder


def rewrite(folder, change):
    path = folder / "outcomes.parquet"
    pq.write_table(change(pq.read_table(path)), path)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda f: (f / "scores.json").unlink(), "has no scores.json"),
        (lambda f: (f / "outcomes.parquet").unlink(), "outcomes.parquet: does not exist"),
        (lambda f: (f / "outcomes.parquet").write_bytes(b"PAR1"), "outcomes.parquet: is not readable"),
        (lambda f: rewrite(f, lambda t: t.drop_columns("matched")), "has no column 'matched'"),
        (lambda f: rewrite(f, lambda t: t.slice(0, 0)), "no experiment in common"),
        (
            lambda f: rewrite(f, lambda t: t.set_column(0, "experiment", [["other"] * len(t)])),
            "no experiment in common",
        ),
        (
            lambda f: rewrite(f, lambda t: t.set_column(1, "job", [[f"x{name}" for name in t["job"].to_pylist()]])),
            "no job in common",
        ),
        (lambda f: (f / "study.json").write_text("[]"), "study.json"),
    ],
)
def test_folders_that_cannot_be_compared(folders, tmp_path, spoil, said):
    folder = spoilt(folders, tmp_path, spoil)
    for pair in ((folders["one"], folder), (folder, folders["one"])):
        with pytest.raises(InputError) as caught:
            compare(*pair)
        assert said in str(caught.value)


def test_a_study_record_of_any_shape_is_no_reason_to_fail(folders, tmp_path):
    folder = spoilt(folders, tmp_path, lambda f: (f / "study.json").write_text('{"settings": 5, "inputs": {"a": 1}}'))
    found = compare(folders["one"], folder, resamples=0)
    assert found.notes[0].endswith("drawn with different seeds")
    assert any(one.what == "settings" for one in found.unlike)
