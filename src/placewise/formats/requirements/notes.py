"""What a document says that is kept and decides nothing of where its job can run."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Notes:
    """The places of a document that were read without a meaning for matching, each once, in order.

    kept : what is known and decides something else: a working directory, the task's layout, a dependency.
    unknown : what nobody knows, which RFC 14 lets trigger no more than a warning.
    """

    kept: dict[str, None] = field(default_factory=dict)
    unknown: dict[str, None] = field(default_factory=dict)

    def keep(self, place: str) -> None:
        """Note that what stands at a place decides nothing of where the job can run."""
        self.kept[place] = None

    def warn(self, place: str) -> None:
        """Note that what stands at a place is not known."""
        self.unknown[place] = None
