import io
import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from placewise.errors import InputError
from placewise.model.results.results import CurvePoint, OrderSpread, Results, UnmatchedJob
from placewise.report.drawn.figures import draw_figures, render_figures
from placewise.report.drawn.replay import time_axis
from placewise.report.drawn.style import DPI, HEIGHT, WIDTH

NAMES = {"trade-off", "build-success", "order-spread", "marginal-score", "percent-matched", "count-unmatched"}


def by_name(results):
    return {picture.name: picture for picture in render_figures(results)}


def texts(picture):
    root = ET.fromstring(picture.svg)
    return [" ".join("".join(node.itertext()).split()) for node in root.iter("{http://www.w3.org/2000/svg}text")]


@pytest.mark.usefixtures("pixels")
def test_every_figure_is_written_as_png_and_svg(full, tmp_path):
    pictures = draw_figures(full, tmp_path)
    assert {picture.name for picture in pictures} == NAMES
    assert {path.name for path in (tmp_path / "img").iterdir()} == {
        f"{n}.{kind}" for n in NAMES for kind in ("png", "svg")
    }
    for picture in pictures:
        assert (tmp_path / "img" / f"{picture.name}.svg").read_bytes() == picture.svg
        with Image.open(io.BytesIO(picture.png)) as image:
            assert image.size == (round(WIDTH * DPI), round(HEIGHT * DPI))
            assert len(image.convert("RGB").getcolors(1 << 20)) > 100
            assert image.convert("L").getpixel((2, 2)) == 255
        assert picture.caption
        assert picture.alt


@pytest.mark.parametrize(
    ("end_s", "unit", "last"),
    [(1800, "minutes", 30), (7200, "hours", 2), (27000, "hours", 7), (169200, "hours", 40), (176400, "days", 2),
     (340 * 86400, "days", 300)],
)  # fmt: skip
def test_time_has_ticks_of_the_unit_that_fits(end_s, unit, last):
    axes = Figure().add_subplot()
    axes.set_xlim(0, end_s / 86400)
    time_axis(axes)
    labels = [float(label.get_text()) for label in axes.get_xticklabels()]
    assert axes.get_xlabel() == f"{unit} since the first submission"
    assert labels[-1] == last
    assert 3 <= len(labels) <= 10
    assert axes.get_xlim() == (0, end_s / 86400), "the axis ends where the replay does"


@pytest.mark.slow
@pytest.mark.usefixtures("pixels")
def test_the_same_numbers_give_the_same_bytes_whatever_the_user_set(full):
    first = render_figures(full)
    with mpl.rc_context({"font.size": 30, "axes.grid": True, "svg.fonttype": "path", "figure.facecolor": "red"}):
        assert render_figures(full) == first
        assert mpl.rcParams["font.size"] == 30, "our style stays inside"
    assert b"<dc:date>" not in first[0].svg


def test_titles_axes_and_numbers_are_text_in_the_svg(full):
    pictures = by_name(full)
    for name, words in {
        "trade-off": (
            "subsystems with metadata (count)",
            "share of jobs",
            *("ceiling", "43.1 %", "success", "50 %"),
            (
                "10,506 jobs: each gets metadata on one more subsystem, until it has all that it asks for or no "
                "cluster matches;"
            ),
        ),
        "build-success": (
            "share of submissions",
            "10,506 jobs",
            "226,989 submissions",
            "1.29 %",
            "success of the jobs of single, without metadata: 2.56 %",
        ),
        "order-spread": ("orders (count)", "central 95 % of orders: 10.3 % to 29.7 %", "median 20 %"),
        "marginal-score": ("share of outcome rules", "± 1 standard deviation of one job", "81.2 %"),
        "percent-matched": (
            "jobs (count)",
            "50 of 10,506 jobs ran out of clusters with metadata on one subsystem after the other,",
        ),
        "count-unmatched": ("subsystems with metadata when nothing matched any more (count)",),
    }.items():
        written = [text.replace("\u202f", " ") for text in texts(pictures[name])]
        assert pictures[name].title in written
        for text in words:
            assert text in written


def test_no_text_is_smaller_than_nine_points(full):
    for picture in render_figures(full):
        for node in ET.fromstring(picture.svg).iter("{http://www.w3.org/2000/svg}text"):
            # One unit of the drawing is a point.
            assert float(re.search(r"([0-9.]+)px", node.get("style"))[1]) >= 9


def test_partial_results_leave_out_what_they_cannot_draw(published):
    pictures = by_name(published)
    assert set(pictures) == NAMES - {"trade-off", "order-spread"}
    shown = texts(pictures["build-success"])
    assert "success of matched jobs" in shown
    assert "success" not in shown
    assert "ceiling" not in " ".join(shown)
    assert render_figures(Results({})) == ()


def test_without_jobs_that_ran_out_there_is_nothing_to_count(full):
    assert set(by_name(replace(full, unmatched=()))) == NAMES - {"percent-matched", "count-unmatched"}
    assert set(by_name(replace(full, unmatched=None))) == NAMES - {"percent-matched", "count-unmatched"}


@pytest.mark.parametrize("orders", [0, 1, 2, 1000])
def test_any_number_of_orders(full, orders):
    values = np.linspace(0.0, 1.0, orders) if orders > 1 else np.ones(orders)
    spread_ = OrderSpread(values, values, values, values, np.ones(orders, dtype=np.int64))
    pictures = by_name(replace(full, orders=spread_, exact=False))
    assert ("order-spread" in pictures) == (orders > 0)
    if orders > 1:
        written = texts(pictures["order-spread"])
        span = "range over 2 orders: 0 % to 100 %" if orders == 2 else "central 95 % of orders: 2.40 % to 97.6 %"
        assert span in written
        assert any(text.startswith("expected success of matched jobs of one order") for text in written)


def test_orders_in_which_nothing_matched_are_left_out(full):
    nan = np.full(3, np.nan)
    assert "order-spread" not in by_name(replace(full, orders=OrderSpread(nan, nan, nan, nan, np.zeros(3, np.int64))))


@pytest.mark.parametrize(
    "curve",
    [
        (CurvePoint(0, 1.0, 1.0, 1.0),),
        (CurvePoint(0, 1.0, 1.0, 1.0), CurvePoint(1, 1.0, 1.0, 1.0)),
        (CurvePoint(0, 1.0, 0.0, 0.0), CurvePoint(1, 0.0, None, 0.0)),
        (CurvePoint(0, 0.0, None, 0.0), CurvePoint(1, 0.0, None, 0.0)),
    ],
)
def test_small_curves_are_drawn(full, curve):
    assert "trade-off" in by_name(replace(full, curve=curve))
    assert "trade-off" in by_name(replace(full, curve=curve, ceiling=None))


def test_all_jobs_may_run_out_at_once(full):
    jobs = tuple(UnmatchedJob(f"j{i}", 1, 1) for i in range(5))
    assert set(by_name(replace(full, unmatched=jobs))) == NAMES


def test_names_out_of_files_cannot_break_a_figure(full):
    hostile = {"<b>&\x00\x1b$x_2$": full.scores["none"], "none": full.scores["none"]}
    for picture in render_figures(replace(full, scores=hostile)):
        ET.fromstring(picture.svg)


def test_a_folder_that_cannot_be_written_to_is_an_input_error(full, tmp_path):
    (tmp_path / "img").write_text("a file")
    with pytest.raises(InputError, match="cannot be written"):
        draw_figures(full, tmp_path)
