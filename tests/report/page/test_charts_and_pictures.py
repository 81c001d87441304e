"""A chart and its picture are one figure: the same colours, and the same words in their legends."""

import re
from importlib.resources import files
from xml.etree import ElementTree as ET

import pytest
from made_results import worthy

from placewise.model.results.worth import Sufficiency
from placewise.report.data.studies.steps import named_steps
from placewise.report.drawn import picture, style
from placewise.report.drawn.figures import render_figures
from placewise.report.page.charts.worth import sufficiency_chart
from placewise.report.page.report_page import opening_of
from placewise.report.page.sections.worth import worth_sections


def legends(part):
    """Yield the words of every legend of a specification."""
    if isinstance(part, dict):
        if isinstance(part.get("legend"), dict) and "scale" in part:
            yield from part["scale"]["domain"]
        for one in part.values():
            yield from legends(one)
    elif isinstance(part, list | tuple):
        for one in part:
            yield from legends(one)


def test_pictures_have_the_colours_of_the_page_by_day():
    sheet = (files("placewise.report.page") / "templates" / "page.css").read_text()
    by_day = dict(re.findall(r"--(\w+): (#[0-9a-f]+)", sheet.split("@media")[0]))
    for name in ("blue", "orange", "green", "vermillion", "sky", "purple", "ink"):
        assert by_day[name] == getattr(style, name.upper()).lower(), name


def test_legends_have_the_same_words(full, monkeypatch):
    monkeypatch.setattr(picture, "png", lambda _: b"")
    results = worthy(full)
    texts = {one.name: set(ET.fromstring(one.svg).itertext()) for one in render_figures(results)}
    charts = [chart for section in worth_sections(results) for chart in section.charts]
    compared = [chart for chart in charts if chart.picture in ("value-ranking", "sufficiency", "pareto-levels")]
    assert len(compared) == 3
    for chart in compared:
        for words in set(legends(dict(chart.spec))):
            assert words in texts[chart.picture], (chart.name, words)


def test_the_first_picture_is_there_and_is_shown_once(full, build_results, monkeypatch):
    # Which there are is known before they are bytes.
    monkeypatch.setattr(picture, "png", lambda _: b"")
    monkeypatch.setattr(picture, "svg", lambda *_: b"")
    for results in (full, worthy(full), build_results):
        name = opening_of(results).figure
        assert name in {one.name for one in render_figures(results)}


@pytest.mark.parametrize("width", [240, 400, 800])
def test_names_at_steps_lie_apart_and_inside(full, width):
    found = worthy(full).sufficiency
    steps = named_steps(found, width, 360, 12, lambda name: 7.0 * len(name))
    assert steps
    assert len({step for step, _ in steps}) == len(steps)
    names = [row["name"] for row in sufficiency_chart(found).spec["layer"][-1]["data"]["values"]]
    assert set(names) <= set(found.path)
    # The subsystem that adds most is named before all others.
    gains = [float(found.greedy[i] - found.greedy[i - 1]) for i, _ in steps]
    assert all(gain > 0 for gain in gains)


def test_a_path_of_nothing_has_no_names(full):
    found = worthy(full).sufficiency
    none = Sufficiency(0.95, 0.0, (), 0.0, None, 0.0, (), found.greedy[:1], found.random[:, :1], 10)
    assert named_steps(none, 400, 360, 12, len) == []
