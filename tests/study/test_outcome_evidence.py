"""What records with outcomes show, against plain loops."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_outcomes import made_rows, records_of

from placewise.errors import InputError
from placewise.formats.records.outcome_records import read_outcome_records
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.jobs.workload import Workload
from placewise.model.outcomes.evidence import EvidenceSettings
from placewise.model.requirements.requirement import version_requirement
from placewise.model.studies.study import Study
from placewise.model.versions.version import Version
from placewise.prediction.success import fold_of
from placewise.study.evidence import run
from placewise.study.evidence.baselines import PRIOR, baselines
from placewise.study.evidence.choice import cells_of, choice_of, chosen
from placewise.study.evidence.rules import LEAST_EACH, accepted, verdict_of
from placewise.study.evidence.run import evidence_of
from placewise.study.evidence.summary import summarised, without_contradictions
from placewise.study.sources import read_study
from placewise.worth.shapley import values_of_sets


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    path = tmp_path_factory.mktemp("made") / "records.parquet"
    pq.write_table(pa.Table.from_pylist(made_rows()), path)
    return read_outcome_records(path)


some_records = st.lists(
    st.tuples(st.booleans(), st.integers(0, 2), st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=30
)


def records(rows):
    return records_of([r[0] for r in rows], [f"p{r[1]}" for r in rows], [f"p{r[1]}@{r[2]}" for r in rows])


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=1, max_size=12))
def test_an_identity_with_both_outcomes_is_left_out_whole(rows):
    found = records_of([r[0] for r in rows], ["p"] * len(rows), ["p"] * len(rows), names=[f"n{r[1]}" for r in rows])
    kept, both = without_contradictions(found)
    outcomes = {name: {good for good, other in rows if other == name} for _, name in rows}
    assert both == sum(len(seen) == 2 for seen in outcomes.values())
    assert list(kept.names) == [f"n{name}" for _, name in rows if len(outcomes[name]) == 1]


@given(some_records)
def test_the_summary_counts_as_a_plain_loop_does(rows):
    found = records(rows)
    summary = summarised(found, found, 0)
    by_job, by_package = {}, {}
    for good, package, version, _ in rows:
        by_job.setdefault((package, version), []).append(good)
        by_package.setdefault(package, []).append(good)
    mixed = [seen for seen in by_job.values() if 0 < sum(seen) < len(seen)]
    assert (summary.records, summary.succeeded) == (len(rows), sum(r[0] for r in rows))
    assert (summary.groups, summary.grouped.records) == (len(mixed), sum(map(len, mixed)))
    assert summary.grouped.succeeded == sum(map(sum, mixed))
    assert summary.mixed_packages == sum(0 < sum(seen) < len(seen) for seen in by_package.values())


@given(some_records)
def test_a_level_that_says_nothing_chooses_as_at_random_to_the_last_digit(rows):
    found, fold = records(rows), np.array([r[3] for r in rows])
    cells = cells_of(found, fold)
    p = np.array([0.1 * r[3] + 0.01 * r[1] for r in rows])  # of fold and package alone
    choice = choice_of(cells, found, [("nothing", chosen(cells, found, p), None, None)])
    assert choice.levels[0].success == choice.alternatives.share


@given(some_records, st.data())
def test_choosing_is_as_a_plain_loop_has_it(rows, data):
    found, fold = records(rows), np.array([r[3] for r in rows])
    p = data.draw(st.lists(st.sampled_from([0.1, 0.5, 0.9]), min_size=len(rows), max_size=len(rows)))
    by_job, cells = {}, {}
    for (good, package, version, part), score in zip(rows, p, strict=True):
        by_job.setdefault((package, version), []).append(good)
        cells.setdefault((package, version, part), []).append((score, good))
    cells = {key: seen for key, seen in cells.items() if 0 < sum(by_job[key[:2]]) < len(by_job[key[:2]])}
    total = sum(map(len, cells.values()))
    gained = Fraction(0)
    for seen in cells.values():
        best = [good for score, good in seen if score == max(seen)[0]]
        gained += Fraction(len(seen) * sum(best), len(best))
    there = cells_of(found, fold)
    choice = choice_of(there, found, [("x", chosen(there, found, np.array(p)), None, None)])
    assert choice.alternatives.records == total
    if total:
        assert choice.levels[0].success == pytest.approx(float(gained / total), abs=1e-12)
        best = sum(len(seen) for seen in cells.values() if any(good for _, good in seen)) / total
        assert choice.ceiling == pytest.approx(best, abs=1e-12)


@given(some_records)
def test_a_level_that_knows_the_outcome_reaches_the_ceiling(rows):
    found, fold = records(rows), np.array([r[3] for r in rows])
    cells = cells_of(found, fold)
    choice = choice_of(cells, found, [("all", chosen(cells, found, found.succeeded.astype(float)), None, None)])
    assert choice.levels[0].success == pytest.approx(choice.ceiling, abs=1e-12)


@given(some_records.filter(lambda rows: len({r[3] for r in rows}) > 1))
def test_rates_are_those_of_other_folds(rows):
    found = records(rows)
    codes = {part: code for code, part in enumerate(sorted({r[3] for r in rows}))}
    fold = np.array([codes[r[3]] for r in rows], dtype=np.int32)
    names = dict(baselines(found, fold))
    for place, (_, package, version, part) in enumerate(rows):
        others = [r for r in rows if r[3] != part]
        rate = (sum(r[0] for r in others) + 1) / (len(others) + 2)
        assert names["base rate"][place] == pytest.approx(rate)
        same = [r[0] for r in others if r[1] == package]
        rate = (sum(same) + PRIOR * rate) / (len(same) + PRIOR)
        assert names["rate of the package"][place] == pytest.approx(rate)
        if "rate of the package and version" in names:
            same = [r[0] for r in others if (r[1], r[2]) == (package, version)]
            rate = (sum(same) + PRIOR * rate) / (len(same) + PRIOR)
            assert names["rate of the package and version"][place] == pytest.approx(rate)


def test_values_sum_to_what_everything_takes_record_by_record():
    loss = np.random.default_rng(0).random((7, 8))
    assert values_of_sets(-loss).sum(axis=1) == pytest.approx(loss[:, 0] - loss[:, 7])


def ranges(rows, wide):
    """A job for each record that succeeded: cmake and perl within so many minor versions of what it had."""
    names, packages, needs = [], [], []
    for row in rows:
        if row["built"]:
            names.append(row["hash"])
            packages.append(row["package"])
            needs.append(
                tuple(
                    version_requirement(one, f"{major}.{max(0, int(minor) - wide)}", f"{major}.{int(minor) + wide}")
                    for one in ("cmake", "perl")
                    for major, minor in [row["dependencies"][one].split(".")]
                )
            )
    return Workload.from_rows(names, needs, {"package": packages})


def test_rules_are_judged_as_a_plain_loop_judges_them(made):
    rows = made_rows()
    jobs = ranges(rows, 3)
    fold = fold_of(made, "none", 5, 0)
    part = dict(zip(made.names, fold.tolist(), strict=True))
    found = accepted(made, fold, jobs)
    needs = {jobs.names[job]: [jobs.requirements[i] for i in jobs.row(job)] for job in range(len(jobs))}
    package = {row["hash"]: row["package"] for row in rows}
    for row, share in zip([rows[i] for i in found.rows.tolist()], found.share.tolist(), strict=True):
        asked = [n for n in needs if package[n] == row["package"] and part[n] != part[row["hash"]]]
        fits = [
            all(c.predicate.holds(row["dependencies"][one.subsystem]) for one in needs[n] for c in one.conditions)
            for n in asked
        ]
        assert share == pytest.approx(sum(fits) / len(fits))
    assert found.held_out
    verdict = verdict_of(made, found, "made", None)
    good = made.succeeded[found.rows]
    assert verdict.accepted_of_succeeded == pytest.approx(found.share[good].mean())
    both = (verdict.succeeded_of_accepted, verdict.succeeded_of_refused)
    weight = float(found.share.sum()) / len(found.share)
    assert both[0] * weight + both[1] * (1 - weight) == pytest.approx(float(good.mean()))
    assert {one.name for one in verdict.subsystems} == {"cmake", "perl"}
    for one in verdict.subsystems:
        assert 0 <= one.refused_of_succeeded <= one.asked_of_succeeded
        # Each record is judged by every job of its package, with a weight of one in all.
        assert one.asked_of_succeeded == pytest.approx(good.sum())


def test_a_requirement_of_what_no_record_has_refuses_all_and_one_of_the_compiler_is_understood(made):
    rows = made_rows()
    for needs, accepts in (
        (version_requirement("magma", "1", "2"), {0.0}),
        (version_requirement("compiler", "12.0", "13"), {0.0, 1.0}),
    ):
        jobs = Workload.from_rows(["a", "b"], [(needs,), (needs,)], {"package": ["amg", "zfp"]})
        found = accepted(made, fold_of(made, "none", 5, 0), jobs)
        assert set(found.share.tolist()) == accepts
        assert not found.held_out
        for place, share in zip(found.rows.tolist(), found.share.tolist(), strict=True):
            if needs.subsystem == "compiler":
                assert share == (Version(rows[place]["compiler_version"]) >= Version("12.0"))


def test_rules_without_a_package_or_with_too_few_records_are_refused(made):
    need = (version_requirement("cmake", "1", "2"),)
    fold = fold_of(made, "none", 5, 0)
    with pytest.raises(InputError, match="which package"):
        accepted(made, fold, Workload.from_rows(["a"], [need]))
    with pytest.raises(InputError, match="no package has jobs"):
        accepted(made, fold, Workload.from_rows(["a"], [need], {"package": ["unknown"]}))
    few = made.select(np.arange(LEAST_EACH))
    with pytest.raises(InputError, match="no package has jobs"):
        accepted(few, fold[:LEAST_EACH], Workload.from_rows(["a"], [need], {"package": ["amg"]}))


@pytest.fixture(scope="session")
def shown(made):
    settings = EvidenceSettings(
        folds=2, least_builds=10, least_records=5, resamples=40, groups=("package version", "dependency versions")
    )
    return evidence_of(made, "made", settings)


def test_what_decides_is_found_and_what_does_not_is_worth_next_to_nothing(shown):
    best = shown.values[0]
    assert best.name == "dependency versions"
    assert best.interval.low <= best.value <= best.interval.high
    total = shown.levels[0].log_loss - shown.levels[-1].log_loss
    assert sum(one.value for one in shown.values) == pytest.approx(total, abs=1e-9)
    levels = {one.name: one.success for one in shown.choice.levels}
    assert levels["nothing of the environment"] == shown.choice.alternatives.share
    assert levels["the version of cmake"] > levels["the version of perl"] + 0.2
    gains = {one.name: one.gain for one in shown.choice.levels}
    assert (gains["nothing of the environment"].low, gains["nothing of the environment"].high) == (0, 0)
    assert gains["the version of cmake"].low > 0
    assert all(one <= shown.choice.ceiling + 1e-12 for one in levels.values())
    assert {one.hold_out for one in shown.held_out_by} == {"none", "version", "package"}
    assert shown.levels[-1].auc > 0.8


def test_without_scikit_learn_what_needs_no_model_is_there(made, monkeypatch):
    monkeypatch.setattr(run, "find_spec", {}.get)
    jobs = ranges(made_rows(), 3)
    study = Study(Fleet((Cluster("c"),)), jobs, source="ours")
    found = evidence_of(made, "made", EvidenceSettings(least_builds=10, least_records=5, resamples=5), rules=study)
    assert "placewise[learn]" in found.without_model
    assert found.rules is not None
    assert found.baselines
    assert found.choice.alternatives.records
    assert not found.levels
    assert not found.values


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"least_builds": 1000}, "no package is left"),
        ({"groups": ("planets",)}, "no such group"),
        ({"alone": ("emacs",)}, "common enough"),
        ({"hold_out": "moon"}, "hold out"),
        ({"folds": 601}, "fewer"),
    ],
)
def test_settings_that_do_not_fit_the_records_are_refused(made, changed, said):
    settings = EvidenceSettings(**({"least_builds": 10, "least_records": 5, "folds": 2, "resamples": 0} | changed))
    with pytest.raises(InputError, match=said):
        evidence_of(made, "made", settings)


@pytest.mark.parametrize(
    "wrong", [{"folds": 1}, {"seed": -1}, {"low": 0.9, "high": 0.1}, {"low": math.nan}, {"resamples": -1}]
)
def test_settings_that_no_run_takes_are_refused(wrong):
    with pytest.raises(InputError):
        EvidenceSettings(**wrong)


@pytest.fixture(scope="session")
def public_records(public_data):
    return read_outcome_records(public_data / "outcomes" / "spack-outcomes.parquet")


def test_the_public_records_are_what_an_independent_analysis_found(public_records):
    kept, both = without_contradictions(public_records)
    found = summarised(public_records, kept, both)
    assert (found.records, found.succeeded, found.contradictory) == (27_063, 18_930, 304)
    assert (found.kept.records, found.kept.succeeded, found.packages) == (26_455, 18_626, 470)
    assert (found.mixed_packages, found.groups, found.grouped.records) == (144, 526, 17_050)
    assert found.grouped.share == 0.7545454545454545
    by_compiler = {one.name.split()[-1]: round(100 * one.share, 1) for one in found.compilers}
    assert by_compiler == {
        "4.9.3": 46.4,
        "6.1.0": 54.8,
        "7.3.0": 78.6,
        "8.3.1": 77.3,
        "9.3.1": 71.3,
        "2021.5.0": 82.4,
        "2022.0.0": 81.1,
    }
    perl = next(one for one in found.facts if (one.group, one.name) == ("dependency versions", "perl"))
    assert (perl.records, perl.commonest, perl.commonest_records) == (24_224, "5.34.0", 24_121)


@pytest.mark.slow
def test_the_published_ranges_hardly_tell_success_from_failure(public_records, public_data, public_cache):
    kept, _ = without_contradictions(public_records)
    found = run._judged(kept, EvidenceSettings(), read_study(public_data / "reliabuild", cache=public_cache))
    assert (found.packages, found.judged.records) == (35, 15_536)
    assert round(found.judged.share, 3) == 0.697
    assert found.accepted_of_succeeded == pytest.approx(0.103, abs=0.003)
    assert found.accepted_of_failed == pytest.approx(0.084, abs=0.003)
    assert found.succeeded_of_accepted == pytest.approx(0.739, abs=0.005)
    assert found.succeeded_of_refused == pytest.approx(0.692, abs=0.005)
    assert found.auc == pytest.approx(0.60, abs=0.015)
