from figures_without_pixels import _without_pixels, pixels  # noqa: F401, fixtures
