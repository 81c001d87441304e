import shutil
import subprocess
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256

import pytest
from page_reader import Page

from placewise.errors import InputError
from placewise.model.results.results import Results, SubsystemScore
from placewise.report.drawn.figures import render_figures
from placewise.report.drawn.picture import Picture
from placewise.report.page.report_page import flat, render_page, write_page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture
def figure():
    return Picture("x", "A title", "A caption", "An alt text", b"png", b"<svg/>")


def test_the_tables_hold_the_numbers_of_the_results(full, figure):
    rows = dict(Page(render_page(full, [figure], command="placewise")).rows)
    scores = [full.scores[name] for name in ("none", "single-subsystem", "expanded-subsystems", "all")]
    for name, value in {
        "submissions": lambda s: s.total_jobs,
        "unmatched": lambda s: s.unmatched,
        "success of matched jobs": lambda s: s.success_of_matched.mean,
        "success": lambda s: s.success,
        "marginal score": lambda s: s.marginal_score.mean,
        "rules that hold": lambda s: s.versions_correct,
        "clusters matched": lambda s: s.matched_clusters.mean,
        "precision": lambda s: s.precision,
        "recall": lambda s: s.recall,
        "clusters used": lambda s: s.clusters_used,
    }.items():
        assert [float(text) for text in rows[name]] == [value(score) for score in scores]
    cmake = full.subsystems[0]
    assert [float(text) for text in rows["cmake"]] == [
        cmake.score.total_jobs,
        cmake.score.unmatched,
        cmake.score.success_of_matched.mean,
        cmake.score.success,
        cmake.score.best_possible,
        cmake.score.matched_clusters.mean,
        cmake.score.precision,
        cmake.baseline,
        cmake.score.success - cmake.baseline,
    ]
    assert "ceiling" not in rows, "the ceiling is one number, over jobs"
    assert rows["m4"] == ["12.0", "0.0", "0.0", "0.0"]


def test_all_subsystems_are_there_beyond_the_first_ten(full, figure):
    many = tuple(SubsystemScore(f"package{i}", full.subsystems[0].score, 0.0) for i in range(25))
    page = Page(render_page(replace(full, subsystems=many), [figure], command="placewise"))
    assert {name for name, _ in page.rows} >= {f"package{i}" for i in range(25)}


def test_nothing_is_loaded_from_elsewhere_and_only_its_own_scripts_run(full):
    page = Page(render_page(full, render_figures(full), command="placewise simulate"))
    for tag, attributes in page.tags:
        assert tag not in {"iframe", "object", "embed", "base"}
        assert tag != "script" or set(attributes) <= {"type", "id"}
        assert not [name for name in attributes if name.startswith("on")]
        for name in ("src", "href", "srcset", "action", "poster", "data"):
            assert attributes.get(name, "#").startswith(("#", "data:"))
    style = "".join(page.text).partition("</style>")[0]
    assert "@import" not in style
    policy = next(a["content"] for a in page.all("meta") if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'")
    hashes = {f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" for text in scripts(page)}
    assert len(hashes) == 5
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert set(rules["script-src"].split()) == hashes
    assert rules["img-src"] == "data:"
    assert not {"connect-src", "script-src-elem"} & set(rules)


def test_a_page_without_charts_holds_no_libraries(published):
    page = Page(render_page(published, [], command="placewise plot"))
    assert len(scripts(page)) == 1
    assert sum(map(len, page.text)) < 40_000


def scripts(page):
    """Return the texts of the scripts that run."""
    return [text for attributes, text in page.scripts if "type" not in attributes]


def test_the_page_is_well_formed_and_says_what_it_shows(full):
    page = Page(render_page(full, render_figures(full), command="placewise simulate --seed 17"))
    assert page.open == []
    assert page.all("html")[0]["lang"] == "en"
    assert len(page.all("h1")) == 1
    assert len(page.all("img")) == 6
    assert all(len(image["alt"]) > 40 for image in page.all("img"))
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(set(ids)) == len(ids)
    targets = {a["href"][1:] for a in page.all("a")}
    assert targets <= set(ids)
    text = "".join(page.text)
    for words in (
        "placewise simulate --seed 17",
        "9f" * 32,
        "settings.seed",
        "; corrected scoring",
        "success of matched jobs",
    ):
        assert words in text


HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&\x00\ud800{{ 7 * 7 }}"


def test_hostile_names_are_text(full, figure, tmp_path):
    subsystem = replace(full.subsystems[0], subsystem=HOSTILE)
    score = replace(full.scores["none"], failures={HOSTILE: 1.0})
    evil = replace(
        full,
        scores={"none": score, HOSTILE: score},
        subsystems=(subsystem,),
        scoring=HOSTILE,
        curve=(),
        study={HOSTILE: [HOSTILE, {HOSTILE: HOSTILE}]},
    )
    figure = replace(figure, title=HOSTILE, caption=HOSTILE, alt=HOSTILE)
    write_page(evil, [figure], tmp_path / "report.html", command=HOSTILE)
    page = Page((tmp_path / "report.html").read_text())
    assert page.open == []
    assert len(page.scripts) == len(Page(render_page(full, [figure], command="x")).scripts)
    assert len(page.all("img")) == 1
    assert not [text for _, text in page.scripts if "alert(1)" in text]
    assert "49" not in "".join(page.text).replace("{{ 7 * 7 }}", "")


def test_partial_results_make_a_page(published, figure):
    page = Page(render_page(published, [], command="placewise plot"))
    assert page.open == []
    assert not page.all("img")
    assert "subsystems-title" not in {a.get("id") for a in page.all("h2")}
    rows = dict(page.rows)
    assert rows["success"] == []
    assert rows["clusters used"] == []
    assert Page(render_page(Results({}), [], command="")).open == []


def test_baselines_that_were_not_recorded_are_not_shown(full, figure):
    page = Page(render_page(replace(full, single=None), [figure], command="placewise"))
    assert len(dict(page.rows)["cmake"]) == 7


def test_a_study_is_listed_leaf_by_leaf():
    study = {"a": {"b": [1, 2], "c": None}, "d": [{"e": "x"}, {"e": "y"}], "f": []}
    assert list(flat(study)) == [("a.b", "1, 2"), ("a.c", "-"), ("d[0].e", "x"), ("d[1].e", "y"), ("f", "-")]


def test_a_setting_that_is_on_or_off_is_yes_or_no():
    assert list(flat({"late": False, "kept": [True]})) == [("late", "no"), ("kept", "yes")]


def test_a_page_that_cannot_be_written_leaves_nothing(full, figure, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        write_page(full, [figure], tmp_path / "file" / "report.html", command="placewise")


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium to open the page with")
def test_a_browser_shows_the_page_without_complaint(full, tmp_path):
    path = tmp_path / "report.html"
    write_page(full, render_figures(full), path, command="placewise simulate")
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
    options += ["--disable-background-networking", "--disable-component-update", "--enable-logging=stderr"]
    done = subprocess.run(
        [CHROMIUM, *options, f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", path.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert "What does a scheduler need to know?" in done.stdout
    assert done.stdout.count('src="data:image/svg') == 6
    # The browser's own machinery complains about its surroundings; a page complains as CONSOLE.
    assert "CONSOLE" not in done.stderr
