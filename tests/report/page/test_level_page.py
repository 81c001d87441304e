import io
from dataclasses import replace

import numpy as np
import pytest
from made_results import fitted, level
from page_reader import Page
from rich.console import Console

from placewise.model.results.results import OrderSpread, Results
from placewise.report.drawn.figures import render_figures
from placewise.report.drawn.picture import Picture
from placewise.report.page.report_page import render_page
from placewise.report.terminal.summary import summary
from placewise.report.words.studies.findings import orders_findings
from placewise.report.words.studies.level_findings import choice_findings

FIGURE = Picture("x", "A title", "A caption", "An alt text", b"png", b"<svg/>")


def said(results):
    return "\n".join(choice_findings(results)).replace("\u202f", " ")


def test_findings_say_what_the_levels_say(build_results):
    text = said(build_results)
    for words in (
        "costs 15 points of success",
        "with metadata on arch + compiler + exact version, success is 70 %, as 30 % (300) match no cluster and 100 %",
        "with metadata on arch + compiler + version at least, success is 85 %, as 15 % (150) match no cluster",
        "Caution: 97 % of jobs",
        "extrapolations, not measurements",
        "640 jobs match. Choosing the cheapest of the clusters that match, rather than any by chance, takes",
        "from 172.8 to 160 price units (7.41 % less) against best-memory",
        "500 jobs (50 %) find every cluster that matches full, and success is 14 %",
    ):
        assert words in text, words


def test_the_caution_gives_its_reason_only_where_it_holds(build_results):
    assert "the clusters' memory lies above" not in said(build_results)
    roomy = tuple(
        replace(one, score=replace(one.score, matched_clusters=replace(one.score.matched_clusters, mean=37.5)))
        for one in build_results.levels
    )
    text = said(replace(build_results, levels=roomy))
    assert "fits into the memory of 37.5 of 40 clusters" in text
    assert "the clusters' memory lies above" in text


def test_at_least_may_also_lose(build_results):
    worse = level("arch-least", ("arch", "compiler-at-least"), build=0.25)
    levels = tuple(worse if one.name == "arch-least" else one for one in build_results.levels)
    assert "gains 45 points of success" in said(replace(build_results, levels=levels))


@pytest.mark.parametrize("kept", range(9))
def test_findings_keep_to_the_levels_that_there_are(build_results, kept):
    one = replace(build_results, levels=(build_results.levels[kept],), ceiling=None, orders=None)
    assert "None" not in said(one)
    assert "nan" not in said(one)
    bare = replace(one.levels[0], costs={}, outside_range=None, jobs_by_cluster={})
    assert "None" not in said(replace(one, levels=(bare,)))


def test_the_tables_hold_the_numbers_of_the_levels(build_results):
    page = Page(render_page(build_results, [FIGURE], command="placewise"))
    rows = {}
    for name, cells in page.rows:
        rows.setdefault(name, []).append([float(cell) for cell in cells])
    exact = build_results.levels[4]
    scores, more, fastest, best, single = rows["arch + compiler + exact version"]
    assert scores == [12.345, 300, 0, 1.0, 0.7, 33.25, 4, 0.97]
    assert more[-1] == 700
    for cells, reference in ((fastest, "fastest"), (best, "best-memory")):
        cost = exact.costs[reference]
        assert cells == pytest.approx(
            [
                cost.runtime_s / 3600,
                cost.runtime_of_successes_s / 3600,
                cost.runtime_s / 700,
                cost.runtime_of_successes_s / 700,
                cost.cost,
                cost.cost_of_successes,
                cost.cost / 700,
                cost.cost_of_successes / 700,
                700,
            ]
        )
    assert single == [exact.per_build[name][i] for name in ("runtime_s", "cost") for i in (0, 5, 25, 50, 75, 95, 100)]
    # Failing; every reason and the first of: wrong arch, missing compiler, compiler too old; then the sets.
    assert rows["no metadata"][5] == [500, 350, 200, 0, 500, 0, 0]
    assert sorted(rows["no metadata"][6]) == [0, 50, 150, 300]
    assert rows["package-19"][0][:2] == pytest.approx([16, 16 * 0.35])
    assert len([name for name, _ in page.rows if name.startswith("package-")]) == 2 * 20


def test_the_page_of_levels_is_well_formed_and_whole(build_results):
    page = Page(render_page(build_results, render_figures(build_results), command="placewise simulate"))
    assert page.open == []
    assert len(page.all("img")) == 12
    assert all(int(image["width"]) > int(image["height"]) for image in page.all("img"))
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(set(ids)) == len(ids)
    assert {a["href"][1:] for a in page.all("a")} <= set(ids)
    assert "scores" not in ids
    text = "".join(page.text)
    for words in ("version at least", "price units", "outside the range", "success of matched jobs", "9f" * 32):
        assert words in text


def test_results_without_levels_have_none_of_their_sections(full):
    ids = {a.get("id") for _, a in Page(render_page(full, [FIGURE], command="placewise")).tags}
    assert "scores" in ids
    assert not ids & {"levels", "costs", "reasons"}


HOSTILE = "<script>alert(1)</script>\"'&\x00\ud800{{ 7 * 7 }}"


def test_hostile_names_of_levels_are_text(build_results):
    one = level(HOSTILE, (HOSTILE,), fails={(HOSTILE, "x"): 5.0})
    one = replace(one, costs={HOSTILE: replace(one.costs["fastest"], by_package={HOSTILE: (1.0, 2.0)})})
    page = Page(render_page(replace(build_results, levels=(one,)), [FIGURE], command=HOSTILE))
    assert page.open == []
    assert not [text for _, text in page.scripts if "alert(1)" in text]


def test_levels_of_which_little_is_known_make_a_page(build_results):
    bare = tuple(
        replace(
            level(one.name, one.metadata, unmatched=1000, build=None), costs={}, outside_range=None, jobs_by_cluster={}
        )
        for one in build_results.levels
    )
    assert Page(render_page(Results({}, levels=bare), [], command="")).open == []


def printed(results, encoding="utf-8"):
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding, newline="")
    summary(results, console=Console(file=stream, width=80, force_terminal=True, color_system=None))
    stream.flush()
    return raw.getvalue().decode(encoding)


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_levels_fit_into_eighty_columns(build_results, encoding):
    text = printed(build_results, encoding)
    lines = text.splitlines()
    assert max(map(len, lines)) <= 80
    cells = [line.replace(" %", "%").split() for line in lines]
    assert ["no", "metadata", "12.3", "0", "50%", "50%", "0.350"] in cells
    assert any(line[-5:] == ["12.3", "300", "100%", "70%", "0.280"] for line in cells)
    flat = " ".join(text.split())
    for words in (
        "ceiling: 85 % of jobs",
        "1,000 jobs",
        "against best-memory",
        "with metadata on arch + compiler + exact version, success is 70 %, as 30 % (300) match no cluster",
        "with metadata on arch + compiler + version at least, success is 85 %, as 15 % (150) match no cluster",
        "640 jobs match. Choosing the cheapest of the clusters that match, rather than any by chance, takes",
        "from 172.8 to 160 price units (7.41 % less) against best-memory",
        "500 jobs (50 %) find every cluster that matches full, and success is 14 %",
        "Caution: 97 % of jobs",
        "expanding: success at the last level 43.14 %",
        "; corrected scoring",
    ):
        assert words in flat, words
    assert "\x1b" not in text


def test_names_of_levels_cannot_steer_the_terminal(build_results):
    text = printed(replace(build_results, levels=(level("[red]x\x1b[2J", ("[bold]y\x1b[2J",)),)))
    assert "\x1b" not in text
    assert "[bold]y" in text


def test_runtime_models_have_a_section_with_their_figure_and_cards(build_results):
    models = fitted("a", "b", HOSTILE)
    overview = replace(FIGURE, name="model-overview", caption="The caption of all models")
    page = Page(render_page(replace(build_results, models=models), [FIGURE, overview], command=""))
    assert page.open == []
    assert not [text for _, text in page.scripts if "alert(1)" in text]
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(set(ids)) == len(ids)
    assert ids.index("reasons") < ids.index("models") < ids.index("model-overview") < ids.index("again")
    text = "".join(page.text)
    assert text.count("The caption of all models") == 1
    for words in ("3 packages fitted, 60 builds.", "Too few builds (under 20): 1 package: few (1).", "log-linear"):
        assert words in text
    rows = dict(page.rows)
    assert float(rows["b"][4]) == models.card("b").fastest_runtime_s
    without = Page(render_page(build_results, [FIGURE], command=""))
    assert "models" not in {attributes.get("id") for _, attributes in without.tags}


def test_models_that_were_not_validated_have_cards_alone(build_results):
    models = fitted("a", cross_validate=False)
    page = Page(render_page(replace(build_results, models=models), [], command=""))
    assert page.open == []
    assert "1 package fitted" in "".join(page.text)


@pytest.mark.parametrize(("count", "words"), [(39, "ranges from 0 % to 1"), (40, "in 95 % of them")])
@pytest.mark.parametrize("exact", [True, False])
def test_few_orders_have_a_range_and_many_an_interval(build_results, count, words, exact):
    values = np.linspace(0, 1, count)
    orders = OrderSpread(*[values] * 4, np.ones(count, dtype=np.int64))
    few = replace(build_results, orders=orders, exact=exact)
    found = " ".join(orders_findings(few)).replace("\u202f", " ")
    assert words in found
    assert ("the expected success of matched jobs has" in found) != exact
    text = " ".join(printed(few).split())
    assert ("ranges from 0 % to 100 %" in text) == (count < 40)
    assert ("lies between 0.06410 % and 99.94 % in 95 % of them" in text) == (count >= 40)
    assert (f"over {count} random orders, the expected success of matched jobs" in text) != exact
