import io
import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import matplotlib as mpl
import pytest
from made_results import fitted, level
from PIL import Image

from placewise.model.results.results import Moments, Reasons
from placewise.report.drawn import picture as drawn_picture
from placewise.report.drawn.figures import draw_figures, render_figures
from placewise.report.drawn.levels.maps import draw_pareto
from placewise.report.drawn.levels.per_build import draw_per_build
from placewise.report.drawn.levels.reasons import draw_failure_reasons
from placewise.report.drawn.style import house_style

COSTS = {"additional-runtime", "additional-cost", "cost-by-package", "pareto"}
NAMES = COSTS | {
    "level-success",
    "matchability",
    "trade-off",
    "order-spread",
    "clusters-matched",
    "cluster-spread",
    "failure-reasons",
    "per-build",
}


def by_name(results):
    return {picture.name: picture for picture in render_figures(results)}


def alone(draw, results):
    """One picture, without drawing the others; None where there is none."""
    with house_style():
        drawing = draw(results)
        return drawing and drawing.rendered()


@pytest.fixture(scope="module")
def pictures(build_results):
    """The pictures of the results, drawn once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(drawn_picture, "png", lambda _: b"")
        return by_name(build_results)


def texts(picture):
    root = ET.fromstring(picture.svg)
    found = [" ".join("".join(node.itertext()).split()) for node in root.iter("{http://www.w3.org/2000/svg}text")]
    return [text.replace("\u202f", " ") for text in found]


@pytest.mark.usefixtures("pixels")
def test_every_figure_of_levels_is_written_in_both_kinds(build_results, tmp_path):
    pictures = draw_figures(build_results, tmp_path)
    assert {picture.name for picture in pictures} == NAMES
    assert {path.name for path in (tmp_path / "img").iterdir()} == {f"{n}.{k}" for n in NAMES for k in ("png", "svg")}
    for picture in pictures:
        assert picture.caption.endswith(".")
        assert len(picture.alt) > 60
        with Image.open(io.BytesIO(picture.png)) as image:
            assert image.convert("L").getpixel((2, 2)) == 255
            assert len(image.convert("RGB").getcolors(1 << 20)) > 100


@pytest.mark.slow
@pytest.mark.usefixtures("pixels")
def test_the_same_levels_give_the_same_bytes(build_results):
    first = render_figures(build_results)
    with mpl.rc_context({"font.size": 30, "axes.grid": True}):
        assert render_figures(build_results) == first


def test_numbers_and_words_are_in_the_figures(pictures):
    for name, words in {
        "level-success": (
            "arch + compiler + exact version",
            "cheapest, nodes used up",
            "85 %",
            "ceiling 85 %",
            "all metadata, then one cluster chosen",
            "50 %",
            "14 %",
        ),
        "clusters-matched": ("12.3", "no metadata", "clusters that match, mean per job (logarithmic)"),
        "cluster-spread": ("33.2", "1", "4", "850"),
        "failure-reasons": (
            "wrong arch alone",
            "wrong arch + missing compiler",
            "500",
            "37.5 %",
            "30",
        ),
        "additional-cost": ("350", "0.350", "0.175", "one job, mean"),
        "additional-runtime": ("1,260", "all jobs (h)", "all (h)", "one (s)"),
        "cost-by-package": ("package-19", "additional cost (price units)"),
        "per-build": (
            "arch + compiler",
            "+ version at least",
            "no metadata, to compare",
            "10.5",
            "37,800 s",
            "94,500 s",
            "1,000",
        ),
        "pareto": ("Pareto front", "success (share of all jobs)"),
        "matchability": ("equal success", "40 %"),
    }.items():
        written = texts(pictures[name])
        for text in words:
            assert text in written, (name, text, written)


def test_levels_without_failures_are_not_among_the_reasons(build_results, pictures):
    written = texts(pictures["failure-reasons"])
    assert "arch" in written
    assert "arch + compiler + exact version" not in written
    clean = tuple(replace(one, reasons=Reasons({}, {}, {})) for one in build_results.levels)
    assert alone(draw_failure_reasons, replace(build_results, levels=clean)) is None


def test_many_sets_of_reasons_share_a_colour_for_the_rest(build_results):
    rules = [f"rule_{i}" for i in range(6)]
    sets = {(a,): 5.0 for a in rules} | {(a, b): 7.0 for a in rules for b in rules if a < b}
    one = level("none", (), fails=sets)
    written = texts(alone(draw_failure_reasons, replace(build_results, levels=(one,))))
    assert "other sets of reasons" in written
    assert f"{sum(sets.values()):.0f}" in written


def test_what_nothing_beats_is_marked(build_results):
    picture = alone(draw_pareto, build_results)
    assert "arch + compiler + version at least" in picture.caption
    assert "arch + compiler + exact version" not in picture.caption
    # The only one that is cheaper has less success.
    assert "cheapest, nodes used up" in picture.caption


def test_no_text_of_levels_is_smaller_than_nine_points(pictures):
    for picture in pictures.values():
        for node in ET.fromstring(picture.svg).iter("{http://www.w3.org/2000/svg}text"):
            assert float(re.search(r"([0-9.]+)px", node.get("style"))[1]) >= 9


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        (lambda one: replace(one, costs={}), COSTS),
        (lambda one: replace(one, jobs_by_cluster={}), {"cluster-spread"}),
        (lambda one: replace(one, per_build={}), {"per-build"}),
        (
            lambda one: replace(one, score=replace(one.score, matched_clusters=Moments(None, None))),
            {"clusters-matched"},
        ),
        (lambda one: replace(one, score=replace(one.score, clusters_used=None)), set()),
        (
            lambda one: level(one.name, one.metadata, unmatched=1000, build=None),
            COSTS | {"level-success", "matchability", "failure-reasons", "cluster-spread", "per-build"},
        ),
        (lambda one: level(one.name, one.metadata, each=0.0), set()),
        (lambda one: level(one.name, one.metadata, each=-0.3), {"failure-reasons"}),
    ],
)
def test_what_is_not_known_is_not_drawn(build_results, change, missing):
    drawn = set(by_name(replace(build_results, levels=tuple(map(change, build_results.levels)))))
    assert drawn >= NAMES - missing - {"failure-reasons"}
    assert not drawn & (missing - {"failure-reasons"})


@pytest.mark.parametrize(("count", "ceiling"), [(1, 0.85), (1, None), (2, None), (3, 0.85)])
def test_few_levels_are_drawn(build_results, count, ceiling):
    assert set(by_name(replace(build_results, levels=build_results.levels[:count], ceiling=ceiling))) == NAMES


def test_many_levels_in_one_place_are_drawn(build_results):
    crowd = tuple(level(f"level-{i}", ("arch", f"form-{i}")) for i in range(40))
    assert set(by_name(replace(build_results, levels=crowd))) == NAMES - {"failure-reasons"}


HOSTILE = "<b>&\x00\x1b$x_2$" + "w" * 300


def test_hostile_names_of_levels_cannot_break_a_figure(build_results):
    one = level(HOSTILE, (HOSTILE, "arch"), fails={(HOSTILE,): 5.0})
    costs = {HOSTILE: replace(one.costs["fastest"], by_package={HOSTILE: (1.0, 2.0)})}
    one = replace(one, costs=costs, jobs_by_cluster={HOSTILE: 3.0})
    evil = replace(build_results, levels=(one, replace(one, name="other")))
    pictures = by_name(evil)
    assert set(pictures) == NAMES
    for picture in pictures.values():
        ET.fromstring(picture.svg)


def test_single_jobs_may_have_a_runtime_and_no_cost(build_results):
    one, *others = build_results.levels
    without = [replace(level, per_build={"runtime_s": level.per_build["runtime_s"]}) for level in others]
    for levels in ((one, *without), (without[0],), tuple(without)):
        picture = alone(draw_per_build, replace(build_results, levels=levels))
        assert ("additional cost per job (price units)" in texts(picture)) == (levels[0] is one)
        assert ("not predicted" in picture.alt) == (levels[0] is one)


@pytest.mark.slow
def test_runtime_models_are_drawn_where_they_were_validated(build_results):
    drawn = by_name(replace(build_results, models=fitted("a", "b")))
    assert set(drawn) == NAMES | {"model-overview"}
    assert "1 of 2 slopes are positive" in drawn["model-overview"].alt
    unvalidated = fitted("a", "b", cross_validate=False)
    assert "model-overview" not in by_name(replace(build_results, models=unvalidated))
