"""Synthetic fleets, workloads and build records: fitted to an experiment, drawn from its profile and a seed."""

from __future__ import annotations

from placewise.synthesis.builds import draw_build_fleet, draw_builds, draw_prices
from placewise.synthesis.fit import fit_profile
from placewise.synthesis.fit_builds import fit_build_profile
from placewise.synthesis.fleets import draw_fleet
from placewise.synthesis.workloads import draw_workload, draw_workload_chunks

__all__ = [
    "draw_build_fleet",
    "draw_builds",
    "draw_fleet",
    "draw_prices",
    "draw_workload",
    "draw_workload_chunks",
    "fit_build_profile",
    "fit_profile",
]
