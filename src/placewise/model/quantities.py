"""The quantities that a run is known by: what each is called, wherever it is named."""

from __future__ import annotations

from typing import NamedTuple

SUCCESS = "success"
"""The share of all submissions that succeed; those that match nothing do not."""
SUCCESS_OF_MATCHED = "success of matched jobs"
"""The share of the assigned submissions that succeed."""
UNMATCHED = "unmatched"
"""The share of all submissions that no cluster matches."""
MACRO = "mean success over subsystems"
"""Success of matched jobs with metadata on one subsystem, averaged over the subsystems."""
LAST = "success at the last level"
"""The share of all jobs that succeed at the last level of `expanding` at which something matches."""
CEILING = "ceiling"
"""The share of all jobs for which some cluster of the fleet would succeed."""
FLEET = "fleet"
"""Names the experiment where a quantity depends on no metadata."""


class Quantity(NamedTuple):
    """One quantity of one experiment, which is named as the results folder names it.

    baseline : the same without metadata, for the same jobs.
    """

    experiment: str
    name: str
    baseline: bool = False
