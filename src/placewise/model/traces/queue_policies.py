"""The policies by which a cluster's queue is worked off, and what is taken for a runtime when planning, by name."""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

QueuePolicy: TypeAlias = Literal["fcfs", "sjf", "easy", "easy-sjbf", "conservative"]

QUEUE_POLICIES: tuple[str, ...] = get_args(QueuePolicy)

Estimates: TypeAlias = Literal["limit", "exact", "doubled", "user-mean"]

ESTIMATES: tuple[str, ...] = get_args(Estimates)
