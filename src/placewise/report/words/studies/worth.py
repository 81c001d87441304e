"""Sentences on worth and sufficiency that pictures, charts, pages and findings share."""

from __future__ import annotations

from placewise.model.results.results import Results
from placewise.model.results.worth import Sufficiency, Worth
from placewise.model.scalar import counted
from placewise.report.data.studies.worth import costs_are_counts
from placewise.report.words.numbers import number, share


def cost_unit(results: Results) -> str:
    """Say what the cost of a level is: how many subsystems, or what they cost to collect."""
    return "subsystems" if costs_are_counts(results) else "as priced in the study"


def front_found(results: Results) -> str:
    """Say how the Pareto front was found."""
    if results.front_exact:
        return "exact, as every set of subsystems was tried"
    return "found by greedy and swap search, so other sets may be better"


def how_found(worth: Worth) -> str:
    """Say whether values are exact or estimates."""
    return "exact" if worth.exact else f"estimated from {counted(worth.permutations, 'random order')}"


def sufficiency_sentence(found: Sufficiency) -> str:
    """Say how many subsystems suffice, and whether fewer might."""
    target = f"{share(found.target, 3)} of the ceiling of {share(found.ceiling)}"
    count = counted(len(found.metadata), "subsystem")
    if not found.met:
        known = "it is proven that none does" if found.unreachable else "it is not proven that none does"
        return (
            f"No set that was tried reaches {target}, and {known}; the best, of {count}, reaches a success of "
            f"{share(found.reached)}."
        )
    verb = "suffices" if len(found.metadata) == 1 else "suffice"
    return (
        f"{len(found.metadata):,} of {counted(len(found.path), 'subsystem')} {verb} to reach {target}: with "
        f"metadata on these alone, success is "
        f"{share(found.reached)}; {_fewer(found)}."
    )


def _fewer(found: Sufficiency) -> str:
    counts = found.cost == len(found.metadata)
    less = "no fewer do" if counts else "none that costs less does"
    if found.optimal:
        return f"it is proven that {less}"
    if not found.at_least:
        return f"it is not proven that {less} (placewise minimal tries to prove it)"
    return f"at least {number(found.at_least)}{' subsystems' if counts else ' of cost'} are needed"
