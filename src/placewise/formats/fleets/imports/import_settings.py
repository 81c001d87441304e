"""What an import of fleets is asked beside its files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from placewise.formats.given import Given
from placewise.model.fleets.imported import Imported


@dataclass(frozen=True, slots=True)
class ImportSettings:
    """What an import is asked beside its files.

    name : what its clusters are called together, or its one cluster; empty for what the files say.
    by_partition : a cluster a partition. compiler : whose alternatives of several count. prices : a table of prices.
    """

    name: str = ""
    by_partition: bool = False
    compiler: str = ""
    prices: Given | None = None


Importer: TypeAlias = Callable[[Sequence[Given], ImportSettings], Imported]
"""What reads the files of one kind. Raises InputError naming file and place; never runs what a file says."""
