import io
import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pytest
from made_results import worthy
from PIL import Image

from placewise.formats.results.results_names import FIGURES
from placewise.model.results.results import Results
from placewise.model.results.worth import Sufficiency
from placewise.report.drawn.figures import render_figures

NAMES = {"value-ranking", "sufficiency", "pareto-levels", "fleet-spread", "sensitivity"}


@pytest.fixture
def alone(full):
    """Results that hold nothing but what is new."""
    return replace(worthy(full), scores={}, subsystems=(), single=None, curve=(), unmatched=None, orders=None)


def by_name(results):
    return {picture.name: picture for picture in render_figures(results)}


def texts(picture):
    root = ET.fromstring(picture.svg)
    nodes = root.iter("{http://www.w3.org/2000/svg}text")
    return [" ".join("".join(node.itertext()).split()).replace("\u202f", " ") for node in nodes]


def test_each_part_has_its_figure_and_nothing_else_is_drawn(alone):
    assert set(by_name(alone)) == NAMES
    assert set(FIGURES) >= NAMES, "a later run may remove them"
    for part, name, nothing in (
        ("worth", "value-ranking", None),
        ("sufficiency", "sufficiency", None),
        ("front", "pareto-levels", ()),
        ("fleets", "fleet-spread", None),
        ("sensitivity", "sensitivity", ()),
    ):
        assert set(by_name(replace(alone, **{part: nothing}))) == NAMES - {name}
        assert set(by_name(replace(Results({}), **{part: getattr(alone, part)}))) == {name}


def test_titles_units_and_numbers_are_text(alone):
    pictures = by_name(alone)
    for name, words in {
        "value-ranking": (
            "success added, or lost without it (share of all jobs)", "package-0", "package-23", "lift alone",
            "loss if dropped",
        ),
        "sufficiency": (
            "subsystems with metadata (count)", "success (share of all jobs)", "the set found: 41.1 % with 29",
            "target: 95 % of the ceiling", "95 % of random orders", "package-0",
        ),
        "pareto-levels": (
            "cost of metadata (subsystems)", "waste: jobs that match and fail (share of all jobs)", "on two subsystems",
        ),
        "fleet-spread": ("share of jobs, on one fleet each", "none", "all", "ceiling", "median"),
        "sensitivity": (
            "1,000", "clusters in the fleet (count)", "width of ranges (versions added at each end)",
            "wrong metadata (share of entries)", "missing metadata (share of entries)",
        ),
    }.items():  # fmt: skip
        written = texts(pictures[name])
        assert pictures[name].title in written
        for text in words:
            assert text in written, (name, text)
        assert pictures[name].caption
        assert re.search(r"\d", pictures[name].alt)
    assert "package-40" not in texts(pictures["value-ranking"])


@pytest.mark.usefixtures("pixels")
def test_no_text_is_smaller_than_nine_points_or_leaves_the_picture(alone):
    for picture in render_figures(alone):
        root = ET.fromstring(picture.svg)
        for node in root.iter("{http://www.w3.org/2000/svg}text"):
            assert float(re.search(r"([0-9.]+)px", node.get("style"))[1]) >= 9
        with Image.open(io.BytesIO(picture.png)) as image:
            grey = np.asarray(image.convert("L"))
        for edge in (grey[:, :3], grey[:, -3:], grey[:3], grey[-3:]):
            assert edge.min() > 250, picture.name


@pytest.mark.slow
@pytest.mark.usefixtures("pixels")
def test_equal_results_give_equal_bytes(alone):
    assert render_figures(alone) == render_figures(alone)


def test_one_of_everything_is_enough(alone):
    one = replace(
        alone,
        worth=replace(alone.worth, subsystems=(replace(alone.worth.subsystems[0], value=-0.01, interval=None),)),
        sufficiency=Sufficiency(0.95, 0.0, (), 0.0, None, 0.0, (), np.zeros(1), np.zeros((3, 1)), 1),
        front=alone.front[:1],
        fleets=replace(alone.fleets, success=np.zeros((1, 2)), ceiling=np.zeros(1)),
        sensitivity=alone.sensitivity[:1],
    )
    assert set(by_name(one)) == NAMES


@pytest.mark.slow
@pytest.mark.usefixtures("pixels")
def test_names_of_strangers_neither_break_nor_widen_a_figure(alone, full):
    evil = worthy(full, hostile="\x00\ud800<script>" + "w" * 500)
    strange = replace(alone, worth=evil.worth, front=evil.front, sensitivity=evil.sensitivity)
    with Image.open(io.BytesIO(by_name(strange)["value-ranking"].png)) as image:
        assert image.width == 1260
    assert not [text for text in texts(by_name(strange)["value-ranking"]) if len(text) > 200]
