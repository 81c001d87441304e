"""The names of the formats of traces, which readers of other documents need without the readers of traces."""

from __future__ import annotations

from typing import Literal, TypeAlias

TraceFormat: TypeAlias = Literal["swf", "alea", "sacct", "openb", "parquet"]
