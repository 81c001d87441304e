"""Records of any columns: questions, rules and levels of a study's own against plain loops, and two runs compared."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from studies import KERNELS, run, study_of

from placewise.errors import InputError
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.resources import Subsystem, SubsystemVertex
from placewise.model.jobs.records import Records
from placewise.model.studies.settings import Settings
from placewise.model.studies.study import Comparison, Level, Question, Rule
from placewise.model.versions.version import parse_version
from placewise.study.compare.compare import compare
from placewise.study.record import write_run
from placewise.study.run import run_study

QUIET = Settings(orders=2, fleets=0, resamples=0)
GPU = Question("gpu", "gpu", (Comparison("model", equals="gpu"), Comparison("memory", at_least="least")))
LIBC = Question("libc", "libc", (Comparison("version", at_least="oldest"),))
TIGHT = Question("tight", "gpu", (Comparison("memory", at_least="least", at_most="least", at_most_factor=2.0),))
MODEL = Question("model", "gpu", (Comparison("model", equals="gpu"),))
LEVELS = (Level("none", ()), Level("gpu alone", ("gpu",)), Level("both", ("libc", "gpu")), Level("tight", ("tight",)))
DECLARED = {
    "questions": (GPU, LIBC, TIGHT, MODEL),
    "rules": (Rule("wrong_gpu", GPU, published=MODEL), Rule("old_libc", LIBC)),
    "levels": LEVELS,
    "expanding": ("libc", "gpu"),
    "everything": ("gpu", "libc"),
}

models, versions, sizes = (st.sampled_from(some) for some in (("a", "b"), ("2.9", "2.17", "2.31"), (8.0, 16.0, 40.0)))
offers = st.lists(st.tuples(models, sizes, versions), min_size=1, max_size=6)
jobs = st.lists(st.tuples(models, sizes | st.just(float("nan")), versions), min_size=1, max_size=20)


def fleet_of(rows):
    return Fleet(
        tuple(
            Cluster(
                f"c{number}",
                subsystems=(
                    Subsystem("gpu", (SubsystemVertex((("memory", memory), ("model", model))),)),
                    Subsystem("libc", (SubsystemVertex((("version", libc),)),)),
                ),
            )
            for number, (model, memory, libc) in enumerate(rows)
        )
    )


def records_of(rows):
    model, least, oldest = (tuple(column) for column in zip(*rows, strict=True))
    columns = {"gpu": model, "least": np.array(least), "oldest": oldest}
    return Records(tuple(f"r{number}" for number in range(len(rows))), columns, frozenset({"oldest"}))


def meets(question, job, cluster):
    """Whether a cluster meets a question, spelt out; what is not known is met nowhere."""
    (model, least, oldest), (has_model, has_memory, has_libc) = job, cluster
    return {
        "gpu": has_model == model and has_memory >= least,
        "libc": parse_version(has_libc) >= parse_version(oldest),
        "tight": least <= has_memory <= 2 * least,
        "model": has_model == model,
    }[question]


@given(offers, jobs, st.sampled_from(["corrected", "published"]))
def test_success_of_records_of_any_columns_is_that_of_a_plain_loop(clusters, rows, scoring):
    found = run(fleet_of(clusters), records_of(rows), Settings(orders=0, scoring=scoring), KERNELS, **DECLARED).results
    rules = ("model" if scoring == "published" else "gpu", "libc")
    assert list(found.scores) == [level.name for level in LEVELS]
    good = [[all(meets(rule, job, cluster) for rule in rules) for cluster in clusters] for job in rows]
    assert found.ceiling == pytest.approx(np.mean([any(one) for one in good]))
    for level, result in zip(LEVELS, found.levels, strict=True):
        assert (result.name, result.metadata, result.costs) == (level.name, level.metadata, {})
        success, failing, unmatched = [], {"wrong_gpu": 0.0, "old_libc": 0.0}, 0
        for job, succeeds in zip(rows, good, strict=True):
            at = [i for i, one in enumerate(clusters) if all(meets(name, job, one) for name in level.metadata)]
            unmatched += not at
            success.append(sum(succeeds[i] for i in at) / len(at) if at else 0.0)
            for reason, rule in zip(failing, rules, strict=True):
                failing[reason] += sum(not meets(rule, job, clusters[i]) for i in at) / max(1, len(at))
        assert found.scores[level.name].success == pytest.approx(np.mean(success))
        assert result.score.unmatched == unmatched
        assert dict(result.reasons.every) == pytest.approx(failing)
    last = []
    for job, succeeds in zip(rows, good, strict=True):
        reached = 0.0
        for names in (("libc",), ("libc", "gpu")):
            at = [i for i, one in enumerate(clusters) if all(meets(name, job, one) for name in names)]
            reached = sum(succeeds[i] for i in at) / len(at) if at else reached
        last.append(reached)
    assert found.last_level == pytest.approx(np.mean(last))


def test_records_that_were_not_measured_have_no_constraint():
    study = study_of(fleet_of([("a", 8.0, "2.17")]), records_of([("a", 8.0, "2.9")]), QUIET, **DECLARED)
    assert study.jobs.measurements() is None
    assert study.experiments == tuple(level.name for level in LEVELS)
    assert run_study(study, KERNELS).results.models is None


@pytest.mark.parametrize(
    ("comparison", "said"),
    [
        (Comparison("memory", at_least="most"), "no such column"),
        (Comparison("memory", equals="least"), "equality is for text"),
        (Comparison("memory", at_least="least", at_most="oldest"), "different kinds"),
    ],
)
def test_a_question_on_columns_that_records_do_not_have_so_is_refused(comparison, said):
    odd = Question("odd", "gpu", (comparison,))
    with pytest.raises(InputError, match=said) as refused:
        run(
            fleet_of([("a", 8.0, "2.17")]),
            records_of([("a", 8.0, "2.9")]),
            QUIET,
            KERNELS,
            questions=(odd,),
            rules=(Rule("r", odd),),
        )
    assert "'odd'" in str(refused.value)


def test_what_only_one_of_two_runs_has_is_named(tmp_path):
    fleet, records = fleet_of([("a", 8.0, "2.17"), ("b", 40.0, "2.31")]), records_of([("a", 8.0, "2.9")] * 3)
    folders = []
    for name, levels in (("one", LEVELS[:3]), ("two", (LEVELS[0], LEVELS[3], LEVELS[2]))):
        folders.append(tmp_path / name)
        folders[-1].mkdir()
        study = study_of(fleet, records, replace(QUIET, orders=0), **DECLARED | {"levels": levels})
        write_run(folders[-1], run_study(study, KERNELS), "")
    one, two = folders
    there, back = compare(one, two, resamples=0), compare(two, one, resamples=0)
    assert there.notes == (f"only {one} has gpu alone: not compared", f"only {two} has tight: not compared")
    assert back.notes == there.notes[::-1]
    compared = {difference.experiment for difference in there.differences}
    assert compared == {"none", "both", "expanded-subsystems"}
    assert {unlike.what for unlike in there.unlike} >= {"study.levels.gpu alone", "study.levels.tight"}


@pytest.mark.parametrize(
    ("comparison", "said"),
    [
        (Comparison("memry", at_least="least"), "no vertex of 'gpu' has the field"),
        (Comparison("memory", at_least="oldest"), "compares texts of the column 'oldest' with the field 'memory'"),
        (Comparison("model", at_least="least"), "compares numbers of the column 'least' with the field 'model'"),
    ],
)
def test_a_question_that_could_never_be_answered_with_yes_is_refused(comparison, said):
    odd = Question("odd", "gpu", (comparison,))
    with pytest.raises(InputError, match=said):
        run(
            fleet_of([("a", 8.0, "2.17")]),
            records_of([("a", 8.0, "2.9")]),
            QUIET,
            KERNELS,
            questions=(odd,),
            rules=(Rule("r", odd),),
        )


def test_a_factor_without_what_it_multiplies_is_refused():
    with pytest.raises(InputError, match="has no effect without at_most"):
        Comparison("memory", at_least="least", at_most_factor=2.0)
    with pytest.raises(InputError, match="for columns of numbers"):
        Comparison("version", at_most="oldest", at_most_factor=2.0).check({"oldest": "version"})
