"""How a fleet is drawn from the pools of a profile."""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

from placewise.errors import InputError, one_of

FleetModel: TypeAlias = Literal["independent", "periodic"]
INDEPENDENT: FleetModel = "independent"
PERIODIC: FleetModel = "periodic"


def refuse_fleet_model(model: str) -> None:
    """Raise InputError for what is no way to draw a fleet."""
    if model not in get_args(FleetModel):
        raise InputError("no such way to draw a fleet", found=model, expected=one_of(model, get_args(FleetModel)))
