import json
import math
import re
from dataclasses import replace
from hashlib import sha256
from importlib.resources import files

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_results import worthy

from placewise.model.results.results import Results
from placewise.model.results.worth import FleetSpread, Headline, LevelPoint, Sufficiency
from placewise.report.data.statistics import thinned
from placewise.report.data.studies.worth import MOST_MARKS, MOST_RANKED
from placewise.report.page.charts.experiments import expanding_charts
from placewise.report.page.charts.inline import json_text, libraries, policy
from placewise.report.page.charts.vega import CONFIG, MOST_POINTS
from placewise.report.page.sections.worth import worth_sections
from placewise.report.words.numbers import distinct


def every_chart(results):
    charts = [*expanding_charts(results), *(chart for section in worth_sections(results) for chart in section.charts)]
    return {chart.name: chart for chart in charts}


def values(chart):
    return chart.spec["data"]["values"]


@pytest.fixture
def worth_results(full):
    return worthy(full)


def test_every_section_has_its_chart_and_says_its_finding_in_words(worth_results):
    charts = every_chart(worth_results)
    assert set(charts) == {
        "trade-off", "order-spread", "value-ranking", "sufficiency", "pareto-levels", "pareto-waste", "headlines",
        "differences", "fleet-spread", "sensitivity-1", "sensitivity-2", "sensitivity-3", "sensitivity-4",
    }  # fmt: skip
    for chart in charts.values():
        assert chart.spec["description"] == f"{chart.title}. {chart.alt}"
        assert re.search(r"\d", chart.alt)
        assert chart.caption
        json.dumps(chart.spec, allow_nan=False)


def test_what_is_not_there_has_no_section(full):
    assert worth_sections(full) == []
    assert worth_sections(Results({})) == []
    whole = worthy(full)
    for part, name in (("worth", "worth"), ("sufficiency", "suffices"), ("fleets", "fleets")):
        assert name not in {section.name for section in worth_sections(replace(whole, **{part: None}))}
    for part, name in (("front", "front"), ("headlines", "uncertainty"), ("sensitivity", "sensitivity")):
        assert name not in {section.name for section in worth_sections(replace(whole, **{part: ()}))}


def test_the_ranking_holds_the_numbers_of_the_most_valuable(worth_results):
    rows = worth_results.worth.subsystems
    found = values(every_chart(worth_results)["value-ranking"])
    assert len(rows) > MOST_RANKED
    of = {(value["subsystem"], value["measure"]): value for value in found}
    assert len(of) == len(found) == 3 * MOST_RANKED
    for row in rows[:MOST_RANKED]:
        shapley = of[row.name, "Shapley value"]
        assert (shapley["share"], shapley["low"], shapley["high"]) == (row.value, row.interval.low, row.interval.high)
        assert of[row.name, "lift alone"]["share"] == row.single_lift
        assert of[row.name, "loss if dropped"]["share"] == row.drop_one_loss
    assert "The 24 most valuable of 60 subsystems" in every_chart(worth_results)["value-ranking"].caption
    table = worth_sections(worth_results)[0].tables[0]
    assert [name for name, _, _ in table.rows] == [row.name for row in rows]
    assert [float(cells[0].value) for _, _, cells in table.rows] == [row.value for row in rows]
    assert [float(cells[2].value) for _, _, cells in table.rows] == [row.single_lift for row in rows]


def test_columns_of_what_is_not_known_are_left_out(worth_results):
    rows = tuple(replace(row, interval=None) for row in worth_results.worth.subsystems)
    worth = replace(worth_results.worth, subsystems=rows)
    names = [name for name, _ in worth_sections(Results({}, worth=worth))[0].tables[0].columns]
    assert not {"interval", "standard error", "cost", "net"} & set(names)
    priced = tuple(replace(row, standard_error=0.01, collection_cost=2.0, net=-1.0) for row in rows)
    worth = replace(worth, subsystems=priced, permutations=500)
    names = [name for name, _ in worth_sections(Results({}, worth=worth))[0].tables[0].columns]
    assert {"standard error", "cost", "net"} <= set(names)


def test_sufficiency_holds_every_line(worth_results):
    found = worth_results.sufficiency
    chart = every_chart(worth_results)["sufficiency"]
    last = 2 * len(found.metadata)
    assert [value["count"] for value in values(chart)] == list(range(last + 1))
    assert [value["greedy"] for value in values(chart)] == found.greedy[: last + 1].tolist()
    for row, name in zip(found.random, ("low", "median", "high"), strict=True):
        assert [value[name] for value in values(chart)] == row[: last + 1].tolist()
    assert [value["added"] for value in values(chart)][1:] == list(found.path[:last])
    goal, chosen, _ = (layer["data"]["values"][0] for layer in chart.spec["layer"] if "data" in layer)
    assert goal["goal"] == found.target * found.ceiling
    assert chosen == {"count": len(found.metadata), "reached": found.reached}
    assert [float(cells[1].value) for _, _, cells in chart.table.rows] == found.greedy.tolist()


def test_many_subsystems_are_thinned_in_the_chart_and_whole_in_the_table(worth_results):
    count = 5000
    names = tuple(f"package-{i}" for i in range(count))
    line = np.linspace(0, 0.4, count + 1)
    many = Sufficiency(0.95, 0.4, names[:2000], 0.38, None, 2000.0, names, line, np.stack([line] * 3), 100)
    chart = every_chart(replace(worth_results, sufficiency=many))["sufficiency"]
    assert len(values(chart)) == MOST_POINTS
    assert values(chart)[-1] == {
        "count": 4000, "added": names[3999], **dict.fromkeys(("greedy", "low", "median", "high"), line[4000]),
    }  # fmt: skip
    assert f"draws {MOST_POINTS:,} of 4,001 points" in chart.caption
    assert len(chart.table.rows) == count + 1


def test_levels_on_the_front_are_kept_among_many(worth_results):
    crowd = tuple(LevelPoint("pair", (f"a{i}", "b"), 2.0, 0.5, 0.2 + i / 1e5) for i in range(2 * MOST_MARKS))
    charts = every_chart(replace(worth_results, front=worth_results.front + crowd))
    for name in ("pareto-levels", "pareto-waste"):
        drawn = values(charts[name])
        assert len(drawn) == MOST_MARKS
        best = [value for value in drawn if value["front"] == "Pareto-optimal"]
        assert {(v["cost"], v["matched"], v["success"]) for v in best} == {
            (point.cost, point.matched, point.success) for point in worth_results.front if point.on_front
        }
    assert f"Drawn are {MOST_MARKS:,}" in charts["pareto-levels"].caption
    section = next(s for s in worth_sections(worth_results) if s.name == "front")
    assert sum(len(table.rows) for table in section.tables) == len(worth_results.front)


def test_intervals_are_beside_what_they_are_over(worth_results):
    charts = every_chart(worth_results)
    expected = [
        (one.value, interval.low, interval.high, f"over {interval.over}")
        for one in worth_results.headlines
        for interval in one.intervals
    ]
    assert [(v["value"], v["low"], v["high"], v["over"]) for v in values(charts["headlines"])] == expected
    points = [(v["value"], v["low"], v["high"]) for v in values(charts["differences"])]
    assert points == [
        (100 * one.value, 100 * one.intervals[0].low, 100 * one.intervals[0].high) for one in worth_results.differences
    ]
    table = next(s for s in worth_sections(worth_results) if s.name == "uncertainty").tables[0]
    assert [float(cell.value) for cell in table.rows[2][2]] == pytest.approx(
        [0.4314, 0.4314 * 0.96, 0.4314 * 1.04, 0.4314 * 0.8, 0.4314 * 1.15]
    )


def test_figures_that_are_no_shares_are_shown_without_a_chart(worth_results):
    costs = Headline("all", "clusters_used", 33.25, worth_results.headlines[0].intervals)
    sections = worth_sections(replace(Results({}), headlines=(costs,)))
    assert sections[0].charts == []
    assert sections[0].tables[0].rows[0][2][0].text == "33.25"


def test_fleets_are_drawn_one_by_one_and_summed_up(worth_results):
    chart = every_chart(worth_results)["fleet-spread"]
    fleets = worth_results.fleets
    for metadata, success in (
        ("none", fleets.success[:, 0]),
        ("all", fleets.success[:, 1]),
        ("ceiling", fleets.ceiling),
    ):
        assert [v["success"] for v in values(chart) if v["metadata"] == metadata] == success.tolist()
        row = next(cells for name, _, cells in chart.table.rows if name == metadata)
        expected = [success.min(), *np.quantile(success, [0.025, 0.5, 0.975], method="weibull"), success.max()]
        assert [float(cell.value) for cell in row] == pytest.approx(expected)
    many = FleetSpread(("all",), np.full((5000, 1), 0.5), np.full(5000, 0.5))
    chart = every_chart(replace(worth_results, fleets=many))["fleet-spread"]
    assert len(values(chart)) == 600
    assert "Drawn are 300 fleets" in chart.caption


def test_sensitivity_has_a_chart_for_each_setting(worth_results):
    chart = every_chart(worth_results)["sensitivity-1"]
    points = [point for point in worth_results.sensitivity if point.setting == "clusters"]
    for line, name in (
        ("success with all metadata", "everything"),
        ("success without metadata", "nothing"),
        ("ceiling", "ceiling"),
        ("matched jobs with all metadata", "matched"),
    ):
        found = [(v["amount"], v["share"]) for v in values(chart) if v["line"] == line]
        assert found == [(point.amount, getattr(point, name)) for point in points]
    assert [chart.spec["layer"][1]["encoding"]["x"]["scale"].get("type") for chart in every(worth_results)] == [
        "log", None, None, None,
    ]  # fmt: skip
    band = [(v["low"], v["high"]) for v in values(chart) if v["low"] is not None]
    assert band == [(point.low, point.high) for point in points]


def every(results):
    return [chart for name, chart in every_chart(results).items() if name.startswith("sensitivity")]


def test_the_trade_off_and_the_orders_hold_the_numbers_of_the_curve(full):
    charts = every_chart(full)
    found = [(v["level"], v["share"]) for v in values(charts["trade-off"]) if v["line"] == "success"]
    assert found == [(point.level, point.success) for point in full.curve]
    assert sum(value["orders"] for value in values(charts["order-spread"])) == len(full.orders.success_of_matched)
    gap = replace(full, curve=(replace(full.curve[0], success_of_matched=None), *full.curve[1:]))
    first = [v["line"] for v in values(every_chart(gap)["trade-off"]) if v["level"] == 0]
    assert not [line for line in first if line == "success of matched jobs"]


@given(st.lists(st.text(max_size=60), max_size=12))
def test_names_are_told_apart_however_they_are_cut(texts):
    labels = distinct(texts)
    assert len(set(labels)) == len(texts)
    assert all(label.isprintable() for label in labels)


@given(st.integers(0, 3000), st.integers(2, 500))
def test_thinning_keeps_first_and_last(count, most):
    kept = thinned(count, most)
    assert len(kept) == len(set(kept)) == min(count, most)
    if count:
        assert (kept[0], kept[-1]) == (0, count - 1)


DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def finite(value):
    if isinstance(value, dict):
        return {key: finite(one) for key, one in value.items()}
    if isinstance(value, list):
        return [finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


@given(DOCUMENTS)
def test_data_in_a_page_cannot_become_markup_and_says_the_same(document):
    text = str(json_text(document))
    assert not set("<>&\u2028\u2029\r\n") & set(text)
    assert text.isascii()
    assert json.loads(text) == finite(document)


@pytest.mark.parametrize("text", ["</script>", "<!--<script>", "]]>", "\u2028", "\ud800", "&lt;"])
def test_texts_that_end_scripts_elsewhere_do_not_here(text):
    assert json.loads(str(json_text({text: text}))) == {text: text}
    assert not set("<>&") & set(str(json_text(text)))


def test_the_policy_lets_only_these_scripts_run():
    # The hash of "alert(1)" in the specification's form, made by another program.
    assert "script-src 'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='; " in policy(["alert(1)"])
    assert "script-src" not in policy([])
    for words in ("default-src 'none'", "base-uri 'none'", "form-action 'none'"):
        assert words in policy(["x"])
    assert "unsafe-eval" not in policy(["x"])


def test_the_libraries_are_what_their_makers_published():
    folder = files("placewise.report.page.charts") / "libraries"
    for one in json.loads((folder / "versions.json").read_text()):
        content = (folder / one["file"]).read_bytes()
        assert sha256(content).hexdigest() == one["sha256"], "see docs/decisions/0017-charts-vega-lite.md"
        assert (folder / one["licence_file"]).read_text() in libraries()[0]
    scripts = "\n".join(libraries())
    assert "sourceMappingURL" not in scripts
    for end in ("</script", "<!--", "\r", "\0"):
        assert end not in scripts.lower()


def test_every_colour_of_a_chart_is_one_of_the_page(worth_results):
    css = (files("placewise.report.page") / "templates" / "page.css").read_text()
    used = set(
        re.findall(r"var\((--\w+)\)", json.dumps([CONFIG, *(c.spec for c in every_chart(worth_results).values())]))
    )
    assert used
    light, dark, paper = re.findall(r":root \{(.*?)\}", css, re.DOTALL)
    for block in (light, dark, paper):
        assert used <= set(re.findall(r"(--\w+):", block))


def luminance(colour):
    colour = "".join(2 * letter for letter in colour) if len(colour) == 3 else colour
    parts = [int(colour[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_colours_have_the_contrast_that_the_guidelines_ask_for():
    """Source: Web Content Accessibility Guidelines 2.1, 1.4.3 (text, 4.5) and 1.4.11 (marks, 3)."""
    css = (files("placewise.report.page") / "templates" / "page.css").read_text()
    for block in re.findall(r":root \{(.*?)\}", css, re.DOTALL):
        colours = dict(re.findall(r"--(\w+): #(\w+)", block))
        for name, least in (
            ("ink", 4.5), ("muted", 4.5), ("accent", 4.5),
            *((name, 3) for name in ("blue", "orange", "green", "vermillion", "purple", "sky")),
        ):  # fmt: skip
            for ground in ("ground", "tint") if least == 4.5 else ("ground",):
                one, other = sorted(luminance(colours[where]) for where in (name, ground))
                assert (other + 0.05) / (one + 0.05) >= least, (name, ground, colours)
