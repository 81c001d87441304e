import io
import json
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import numpy as np
import pytest
from made_results import fitted
from rich.console import Console

from placewise.errors import InputError
from placewise.prediction import fit_models
from placewise.report.data.records.models import best_kinds, fit_document
from placewise.report.drawn.models import draw_model_figures, render_model_figures
from placewise.report.page.models_page import render_models_page, write_models_page
from placewise.report.terminal.records.fit import print_fit
from placewise.report.words.openings.models import models_opening
from placewise.report.words.records.models import fit_lines

HOSTILE = '<script>alert(1)</script>\x1b[31m$x^2$ {{ 7 * 7 }} & "quoted"'


@pytest.fixture(scope="module")
def models():
    return fitted(*(f"p{i:02d}" for i in range(14)))


@pytest.fixture(scope="module")
def pictures(models):
    return tuple(render_model_figures(models))


class Page(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.text = [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.text.append(data)


def printed(models, width=80):
    console = Console(width=width, file=io.StringIO(), force_terminal=True, color_system=None)
    print_fit(models, console=console)
    return console.file.getvalue()


def test_the_terminal_says_what_was_fitted_and_what_was_not(models):
    text = printed(models)
    assert "14 packages fitted, 280 builds" in text
    assert "too few builds (under 20): 1 package: few (1)" in text
    assert "slope: 7 positive (more memory, slower), 7 negative" in text
    assert max(map(len, text.splitlines())) <= 80
    for kind in ("linear", "log-linear", "knn", "always the mean"):
        assert f"\n {kind}" in text or f"\n{kind}" in text


def test_names_that_steer_terminals_are_shown_harmless():
    few = fit_models([HOSTILE, "p", "p"], [1.0, 2.0, 3.0], [1.0, 2.0, 3.0], minimum_builds=2)
    assert "\x1b" not in "".join(fit_lines(few))
    assert "\x1b" not in printed(few)


def test_the_document_is_plain_and_complete(models):
    document = json.loads(json.dumps(fit_document(models), allow_nan=False))
    assert document["slopes"] == {"positive": 7, "negative": 7, "flat": 0}
    assert document["too_few"] == {"few": 1}
    assert [card["package"] for card in document["cards"]] == list(models.packages)
    assert sum(document["best_for"].values()) == 14
    errors = [card.validation.knn.relative_error for card in models.cards()]
    assert document["median_relative_error"]["knn"] == np.median(errors)


def test_the_best_kind_is_that_of_the_least_error(models):
    best = best_kinds(models.cards())
    for kind in ("linear", "log-linear", "knn"):
        least = sum(
            card.validation.of(kind).mean_absolute_error_s
            == min(getattr(card.validation, k).mean_absolute_error_s for k in ("linear", "log_linear", "knn", "mean"))
            for card in models.cards()
        )
        assert best[kind] == least


def test_figures_are_an_overview_and_pages_of_twelve(pictures):
    assert [picture.name for picture in pictures] == ["model-overview", "models-01", "models-02"]
    for picture in pictures:
        assert picture.png.startswith(b"\x89PNG")
        root = ET.fromstring(picture.svg)
        text = "".join(root.itertext())
        assert picture.title in text
    assert all(f"p{i:02d}" in "".join(ET.fromstring(pictures[1].svg).itertext()) for i in range(12))
    assert "7 of 14 slopes are positive" in pictures[0].alt


def test_equal_models_give_equal_figures(models, pictures):
    for one, other in zip(pictures, render_model_figures(models), strict=True):
        assert (one.png, one.svg) == (other.png, other.svg)


def test_models_without_validation_have_no_overview():
    pictures = list(render_model_figures(fitted("a", "b", cross_validate=False)))
    assert [picture.name for picture in pictures] == ["models-01"]
    assert "0.0" not in pictures[0].alt
    assert "a median" not in printed(fitted("a", cross_validate=False))


def test_one_build_can_be_drawn():
    models = fit_models(["p"], [1e9], [60.0], minimum_builds=1)
    assert [picture.name for picture in render_model_figures(models)] == ["models-01"]
    assert "p" in render_models_page(models, (), command="")


def test_the_page_shows_every_card_and_needs_nothing_else(models, pictures, tmp_path):
    write_models_page(models, pictures, tmp_path / "models.html", command="placewise fit x")
    page = Page((tmp_path / "models.html").read_text())
    images = [attributes for tag, attributes in page.tags if tag == "img"]
    assert len(images) == 3
    assert all(image["src"].startswith("data:image/svg+xml;base64,") and image["alt"] for image in images)
    assert not [tag for tag, attributes in page.tags if tag == "script" or "http" in str(attributes.get("href"))]
    rows = [attributes for tag, attributes in page.tags if tag == "th" and attributes.get("scope") == "row"]
    assert len(rows) == 14
    text = "".join(page.text)
    assert "placewise fit x" in text
    assert "few (1)" in text
    slope = models.card("p03").slope_s_per_gib
    assert f"{slope:+.0f}" in text
    assert "e+" not in text
    values = [attributes["value"] for tag, attributes in page.tags if tag == "data"]
    assert repr(models.card("p03").fastest_runtime_s) in values


def test_the_page_begins_with_how_far_off_models_are(models, pictures):
    opening = models_opening(models, pictures[0].name)
    errors = [card.validation.of("mean").relative_error for card in models.cards()]
    mean = opening.numbers[-1]
    assert (mean.low, mean.value, mean.high) == pytest.approx(np.quantile(errors, [0.25, 0.5, 0.75]))
    assert all(one.text in opening.sentence and 0 <= one.low <= one.high <= one.top for one in opening.numbers)
    page = render_models_page(models, pictures, command="")
    assert page.index(opening.sentence) < page.index(f'id="{pictures[0].name}"') < page.index("<nav")
    assert page.count(f'id="{pictures[0].name}"') == 1


def test_models_that_were_not_judged_have_no_numbers():
    opening = models_opening(fitted("a", cross_validate=False), "")
    assert opening.numbers == ()
    assert opening.sentence == "1 package fitted; how far off the models are was not worked out."


def test_hostile_names_are_only_text(tmp_path):
    models = fitted(HOSTILE, HOSTILE * 9)
    pictures = draw_model_figures(models, tmp_path)
    page = Page(render_models_page(models, pictures, command=HOSTILE))
    assert not [tag for tag, _ in page.tags if tag == "script"]
    assert "alert(1)" in "".join(page.text)
    for picture in pictures:
        ET.fromstring(picture.svg)
    assert {path.name for path in (tmp_path / "img").iterdir()} == {
        f"{picture.name}.{kind}" for picture in pictures for kind in ("png", "svg")
    }


def test_a_page_that_cannot_be_written_leaves_nothing(models, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        write_models_page(models, (), tmp_path / "file" / "models.html", command="")
