"""Synthetic fleets and jobs: fitted to an experiment, drawn from its profile and a seed."""

from __future__ import annotations

from placewise.synthesis.builds import draw_prices
from placewise.synthesis.profiles import draw_clusters, draw_fleet, draw_job_chunks, draw_jobs, fit

__all__ = ["draw_clusters", "draw_fleet", "draw_job_chunks", "draw_jobs", "draw_prices", "fit"]
