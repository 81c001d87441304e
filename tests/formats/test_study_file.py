"""Study files: rules, forms and levels as data."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placewise.errors import InputError
from placewise.formats.studies.study_file import read_study_file, shipped_declarations
from placewise.formats.studies.study_settings import Draw
from placewise.model.fleets.cluster import Fleet
from placewise.model.jobs.workload import Workload
from placewise.model.studies.study import Comparison, Level, Question, Study
from placewise.study.sources import read_study

STUDY = """
source = "experiment"
[forms.arch]
subsystem = "arch"
fields = [{ field = "value", equals = "arch" }]
[forms.memory]
subsystem = "memory"
fields = [{ field = "value", at_least = "memory_max_bytes", at_most = "memory_max_bytes", at_most_factor = 2 }]
[[rules]]
name = "wrong_arch"
form = "arch"
published = "memory"
[told]
expanding = ["memory", "arch"]
everything = ["arch"]
[levels]
none = []
both = ["arch", "memory"]
"""


def read(tmp_path, text):
    path = tmp_path / "study.toml"
    path.write_text(text)
    return read_study_file(path)


def test_a_study_is_read(tmp_path):
    found = read(tmp_path, STUDY)
    study = found
    arch = Question("arch", "arch", (Comparison("value", equals="arch"),))
    memory = Question(
        "memory",
        "memory",
        (Comparison("value", at_least="memory_max_bytes", at_most="memory_max_bytes", at_most_factor=2.0),),
    )
    assert found.source == tmp_path / "experiment"
    assert (found.fleet, found.workload, dict(found.run)) == (None, None, {})
    assert found.sha256 == hashlib.sha256(STUDY.encode()).hexdigest()
    assert [(rule.name, rule.question, rule.published) for rule in study.rules] == [("wrong_arch", arch, memory)]
    assert [(level.name, level.metadata) for level in study.levels] == [("none", ()), ("both", ("arch", "memory"))]
    assert study.expanding == ("memory", "arch")
    assert study.everything == ("arch",)


def test_a_study_need_not_name_a_source(tmp_path):
    assert read(tmp_path, STUDY.replace('source = "experiment"', "")).source is None


def test_the_shipped_study_tells_in_the_order_of_the_prior_work():
    assert list(shipped_declarations()["expanding"]) == ["arch", "compiler", "compiler-version", "memory"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[told]", "[told", "not valid TOML"),
        ("[levels]", "[other]", "'other' is not understood"),
        ('form = "arch"', 'form = "arhc"', "arhc"),
        ('equals = "arch"', 'equals = "arhc"', "arhc"),
        ('equals = "arch"', 'equals = "duration_s"', "text columns"),
        ('equals = "arch"', 'like = "arch"', "'like' is not understood"),
        ('equals = "arch"', 'equals = "arch", at_least = "arch"', "not compared in one way"),
        ('equals = "arch"', 'at_least = "arch", at_most = "duration_s"', "different kinds"),
        ("at_most_factor = 2", "at_most_factor = 0", "above 0"),
        ("at_most_factor = 2", "at_most_factor = true", "number"),
        ("at_most_factor = 2", "at_most_factor = nan", "above 0"),
        ('both = ["arch", "memory"]', 'both = "arch"', "levels.both"),
        ('name = "wrong_arch"', "name = 5.5", "rules[0].name"),
        ("[[rules]]", "[rules]", "rules"),
        ('source = "experiment"', "source = 5.5", "source"),
        ('subsystem = "memory"', "", "questions.memory.subsystem"),
    ],
)
def test_a_bad_study_is_one_error(tmp_path, old, new, said):
    assert old in STUDY
    with pytest.raises(InputError) as caught:
        read(tmp_path, STUDY.replace(old, new, 1))
    assert said in str(caught.value)
    assert "study.toml" in str(caught.value)


def test_a_question_twice_in_the_order_of_expanding_is_one_error(tmp_path):
    path = tmp_path / "study.toml"
    twice = STUDY.replace('expanding = ["memory", "arch"]', 'expanding = ["arch", "arch"]')
    path.write_text("[fleet]\nclusters = 2\n[workload]\njobs = 5\n" + twice.replace('source = "experiment"', ""))
    with pytest.raises(InputError, match="study.toml, metadata.expanding: a name occurs twice"):
        read_study(path)


@given(st.data())
def test_any_cut_or_change_is_a_study_or_one_error(tmp_path_factory, data):
    lines = STUDY.splitlines(keepends=True)
    at = data.draw(st.integers(0, len(lines) - 1))
    changed = data.draw(
        st.sampled_from(["", "x = 1\n", "[levels]\n", lines[data.draw(st.integers(0, len(lines) - 1))]])
    )
    try:
        read(tmp_path_factory.mktemp("study"), "".join([*lines[:at], changed, *lines[at + 1 :]]))
    except InputError as error:
        assert "study.toml" in str(error)


@pytest.mark.parametrize("name", ["constraint-with-replacement", "constraint-without-replacement", "unmatched_at"])
def test_a_level_has_no_name_that_results_use_otherwise(tmp_path, name):
    with pytest.raises(InputError, match=rf"study.toml, levels.{name}: .*not free"):
        read(tmp_path, STUDY.replace("both =", f"{name} ="))


@pytest.mark.parametrize("factor", ["1e400", "inf", "nan", "1" + "0" * 400, "1" + "0" * 5000, "0", "true", "'x'"])
def test_a_factor_is_finite(tmp_path, factor):
    with pytest.raises(InputError, match="study.toml"):
        read(tmp_path, STUDY.replace("at_most_factor = 2", f"at_most_factor = {factor}"))


def test_a_form_asks_for_finite_bounds():
    with pytest.raises(InputError, match="at_most_factor"):
        Comparison("value", at_most="memory_max_bytes", at_most_factor=float("inf"))


@pytest.mark.parametrize("old", ["forms.arch", "both =", '"wrong_arch"'])
def test_names_hold_no_control_characters(tmp_path, old):
    new = {"forms.arch": r'forms."a\u001b"', "both =": r'"a\u001b" =', '"wrong_arch"': r'"a\u001b"'}[old]
    with pytest.raises(InputError, match="control character"):
        read(tmp_path, STUDY.replace(old, new))


WHOLE = """
[fleet]
profile = "pools.json.gz"
clusters = 5
seed = 0
[workload]
profile = "reliabuild"
jobs = 70
[run]
experiments = ["none", "all"]
scoring = "published"
unique = true
order = "order.txt"
orders = 3
fleets = 0
tell = ["zlib", "cmake"]
choose = "choose.yaml"
[levels]
nothing = []
some = ["zlib", "perl"]
"""


def test_draws_settings_and_levels_are_read(tmp_path):
    found = read(tmp_path, WHOLE)
    assert found.fleet == Draw(tmp_path / "pools.json.gz", 5, 0)
    assert found.workload == Draw("reliabuild", 70, None)
    assert found.levels == (Level("nothing", ()), Level("some", ("zlib", "perl")))
    assert found.rules == ()
    assert dict(found.run) == {
        "experiments": ("none", "all"),
        "scoring": "published",
        "unique": True,
        "order": str(tmp_path / "order.txt"),
        "orders": 3,
        "fleets": 0,
        "metadata": ("zlib", "cmake"),
        "choose": str(tmp_path / "choose.yaml"),
    }


def test_names_of_policies_and_orders_are_no_paths(tmp_path):
    found = read(tmp_path, '[run]\norder = "alphabetical"\nchoose = "fastest"\n')
    assert dict(found.run) == {"order": "alphabetical", "choose": "fastest"}


def test_levels_alone_choose_among_the_forms_shipped(tmp_path):
    shipped = Study(Fleet(()), Workload.from_rows([], []), **shipped_declarations())
    found = read(tmp_path, '[levels]\nmine = ["arch", "memory"]\n').declared(shipped)
    assert found == {"levels": (Level("mine", ("arch", "memory")),)}
    with pytest.raises(InputError, match="mine: no such question"):
        read(tmp_path, '[levels]\nmine = ["arhc"]\n').declared(shipped)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[fleet]", 'source = "x"\n[fleet]', "study.toml, fleet: is given together with source"),
        ("clusters = 5", "clusters = 0", "fleet.clusters"),
        ("clusters = 5", "clusters = 1000001", "fleet.clusters: is too many"),
        ("clusters = 5", "clusters = 5.0", "fleet.clusters"),
        ("clusters = 5", "jobs = 5", "fleet: holds an unknown field"),
        ("seed = 0", "seed = -1", "fleet.seed"),
        ("seed = 0", "seed = 0.0", "fleet.seed"),
        ("jobs = 70", "jobs = '70'", "workload.jobs"),
        ('profile = "reliabuild"', "profile = []", "workload.profile"),
        ("[run]", "[ran]", "'ran' is not understood"),
        ('experiments = ["none", "all"]', 'experiments = "none"', "run.experiments: is not a list"),
        ('experiments = ["none", "all"]', 'experiments = ["none", 1.5]', "run.experiments[1]"),
        ('scoring = "published"', "scoring = true", "run.scoring"),
        ("unique = true", "unique = 1", "run.unique: is not true or false"),
        ("orders = 3", "orders = -3", "run.orders"),
        ("orders = 3", "orders = 3.0", "run.orders"),
        ("orders = 3", "orders = true", "run.orders"),
        ("orders = 3", "order-count = 3", "run: holds an unknown field"),
        ("orders = 3", "workers = 3", "run: holds an unknown field"),
        ('tell = ["zlib", "cmake"]', 'tell = ["zlib,cmake"]', "run.metadata: a name holds a comma"),
        ('tell = ["zlib", "cmake"]', 'tell = ["zlib", "zlib"]', "run.metadata: a name occurs twice"),
        ('some = ["zlib", "perl"]', 'some = "zlib"', "levels.some: is not a list"),
        ('some = ["zlib", "perl"]', 'some = ["zlib", "zlib"]', "levels.some: a name occurs twice"),
        ('some = ["zlib", "perl"]', 'some = ["\\u001b"]', "control character"),
    ],
)
def test_a_bad_setting_is_one_error_with_its_place(tmp_path, old, new, said):
    assert old in WHOLE
    with pytest.raises(InputError) as caught:
        read(tmp_path, WHOLE.replace(old, new, 1))
    assert said in str(caught.value)
    assert "study.toml" in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[[rules]]", '[questions.other]\nsubsystem = "arch"\nfields = []\n[[rules]]', "'forms' is the former name"),
        ("[levels]", "[metadata]\nexpanding = []\n[levels]", "'told' is the former name"),
        ('form = "arch"', 'form = "arch"\nquestion = "arch"', "rules[0]: 'form' is the former name"),
        ("[levels]", "[run]\ntell = ['a']\nmetadata = ['b']\n[levels]", "run: 'tell' is the former name"),
    ],
)
def test_a_former_name_beside_the_present_one_is_refused(tmp_path, old, new, said):
    assert old in STUDY
    with pytest.raises(InputError) as caught:
        read(tmp_path, STUDY.replace(old, new, 1))
    assert said in str(caught.value)
    assert "study.toml" in str(caught.value)
