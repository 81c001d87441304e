import pytest

from placewise.report.drawn import picture


@pytest.fixture
def pixels():
    """For tests that look at pixels: the others draw SVG alone, which takes a third of the time."""


@pytest.fixture(autouse=True)
def _without_pixels(request, monkeypatch):
    if "pixels" not in request.fixturenames:
        monkeypatch.setattr(picture, "png", lambda _: b"")
