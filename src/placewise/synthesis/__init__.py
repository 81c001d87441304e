"""Synthetic fleets and workloads: fitted to an experiment, drawn from its profile and a seed."""

from __future__ import annotations

from placewise.synthesis.fit import fit_profile
from placewise.synthesis.fleets import draw_fleet
from placewise.synthesis.workloads import draw_workload

__all__ = ["draw_fleet", "draw_workload", "fit_profile"]
