"""Fixtures with which figures are drawn as SVG alone, which takes a third of the time."""

import pytest

from placewise.report.drawn import picture


@pytest.fixture
def pixels():
    """For tests that look at pixels: in the others figures are SVG alone, and a PNG is an empty file."""


@pytest.fixture(autouse=True)
def _without_pixels(request, monkeypatch):
    if "pixels" not in request.fixturenames:
        monkeypatch.setattr(picture, "png", lambda _: b"")
