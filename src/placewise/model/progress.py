"""What long work reports while it goes on: named events that do nothing by default."""

from __future__ import annotations


class Progress:
    """A listener to long work. Override what you want to hear of."""

    def advanced(self, stage: str, done: int, total: int) -> None:
        """Hear that so much of a stage is done; the first event of a stage says how much there is."""


SILENT = Progress()
"""Hears nothing."""
