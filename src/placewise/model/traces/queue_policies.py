"""The policies by which a cluster's queue is worked off, by name."""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

QueuePolicy: TypeAlias = Literal["fcfs", "sjf", "easy", "easy-sjbf", "conservative"]

QUEUE_POLICIES: tuple[str, ...] = get_args(QueuePolicy)
