"""The words that pictures, charts and tables of worth share."""

from __future__ import annotations

from collections.abc import Sequence

from placewise.model.results import Results
from placewise.model.worth import Interval, LevelPoint, Sufficiency, Worth
from placewise.report.wording import counted, jobs, number, share, shown

WORTH_TITLE = "What each subsystem is worth"
SUFFICIENCY_TITLE = "How few subsystems suffice"
FRONT_TITLE = "What telling costs, and what it gives"
FLEETS_TITLE = "Other fleets"
HEADLINES_TITLE = "How sure the figures are"
DIFFERENCES_TITLE = "What telling more changes"
SENSITIVITY_TITLE = "Other circumstances"

KIND_WORDS = {
    "none": "nothing told",
    "single": "one subsystem",
    "pair": "two subsystems",
    "greedy": "best next one first",
    "all": "all subsystems",
}
SETTING_WORDS = {
    "clusters": ("clusters in the fleet", "count"),
    "range width": ("width of ranges", "versions added at each end"),
    "wrong metadata": ("wrong metadata", "share of entries"),
    "missing metadata": ("missing metadata", "share of entries"),
}
_AMOUNTS = ("cost", "runtime", "clusters")
_NAMED = 3


def quantity_word(quantity: str) -> str:
    """Return the words for a quantity: success is joint success."""
    return shown(quantity.replace("_", " ").replace("-", " "))


def is_share(quantity: str) -> bool:
    """Whether a quantity is a share, and written in percent."""
    return not any(word in quantity_word(quantity) for word in _AMOUNTS)


def amount_words(quantity: str, value: float) -> str:
    """Write a value of a quantity."""
    return share(value) if is_share(quantity) else number(value)


def difference_words(quantity: str, value: float) -> str:
    """Write a difference of a quantity: that of shares in percentage points, since percent could be of either."""
    return f"{number(100 * value, 3)} points" if is_share(quantity) else number(value)


def interval_words(interval: Interval, quantity: str = "joint success") -> str:
    """Write the ends of an interval."""
    return f"{amount_words(quantity, interval.low)} to {amount_words(quantity, interval.high)}"


def level_words(interval: Interval) -> str:
    """Write which share an interval holds: central 95 %."""
    return f"central {100 * interval.level:g} %"


def told_of(told: Sequence[str]) -> str:
    """Write a set of subsystems, the first few by name."""
    if not told:
        return "nothing"
    names = [shown(name, 40) for name in told[:_NAMED]]
    rest = len(told) - len(names)
    return f"{' + '.join(names)} + {rest} more" if rest else " + ".join(names)


def over_decades(amounts: Sequence[float]) -> bool:
    """Whether amounts are so far apart that an axis of them is logarithmic."""
    return min(amounts) > 0 and max(amounts) >= 50 * min(amounts)


def setting_words(setting: str) -> tuple[str, str]:
    """Return the words for a setting, and the unit of its amounts."""
    return SETTING_WORDS.get(setting, (shown(setting.replace("_", " ")), "amount"))


def cost_unit(results: Results) -> str:
    """Say what the cost of a level is: how many subsystems, or what they cost to collect."""
    return (
        "subsystems" if all(point.cost == len(point.metadata) for point in results.front) else "as priced in the study"
    )


def how_found(worth: Worth) -> str:
    """Say whether values are exact or estimates."""
    if worth.exact:
        return "exact"
    return f"estimated from {counted(worth.permutations, 'random order')}"


def worth_alt(worth: Worth) -> str:
    """Say in words which subsystems are worth most."""
    best = ", ".join(f"{shown(row.name, 40)} {share(row.value, 3)}" for row in worth.subsystems[:5])
    return (
        f"Bars of {counted(len(worth.subsystems), 'subsystem')} by Shapley value, the largest first: {best}; marks "
        f"beside each for its single lift and its drop-one loss. The values sum to "
        f"{share(worth.everything - worth.nothing, 3)} of {jobs(worth.jobs)}."
    )


def worth_caption(worth: Worth, most: int) -> str:
    """Say what is shown, over which jobs, and why three measures disagree."""
    rows = len(worth.subsystems)
    top = f"The {most} most valuable of {rows:,} subsystems; the table has all. " if rows > most else ""
    over = next((row.interval.over for row in worth.subsystems if row.interval is not None), None)
    lines = "" if over is None else f" Lines: intervals of the value over {shown(over)}."
    return (
        f"{top}Joint success of {jobs(worth.jobs)}: the Shapley value ({how_found(worth)}) divides what telling "
        "everything adds among all; the single lift is what a subsystem adds told alone, the drop-one loss what is "
        f"lost when it alone is not told.{lines}"
    )


def sufficiency_alt(found: Sufficiency) -> str:
    """Say in words how few suffice."""
    last = len(found.greedy) - 1
    half = next((i for i, value in enumerate(found.greedy) if value >= found.reached / 2), last)
    return (
        f"Lines of joint success by subsystems told, from 0 to {last:,}: best first it rises from "
        f"{share(float(found.greedy[0]), 3)} to {share(float(found.greedy[-1]), 3)}; half of "
        f"{share(found.reached, 3)} takes {counted(half, 'subsystem')}. {sufficiency_sentence(found)}"
    )


def sufficiency_sentence(found: Sufficiency) -> str:
    """Say how many subsystems suffice, and whether fewer might."""
    goal = f"{share(found.target, 3)} of the ceiling of {share(found.ceiling)}"
    count = counted(len(found.metadata), "subsystem")
    if not found.met:
        return (
            f"No set that was tried reaches {goal}; the best, of {count}, reaches a joint success of "
            f"{share(found.reached)}."
        )
    verb = "suffices" if len(found.metadata) == 1 else "suffice"
    return (
        f"{count} of {len(found.path):,} {verb} to reach {goal}: told these alone, {share(found.reached)} of all jobs "
        f"succeed; {_fewer(found)}."
    )


def _fewer(found: Sufficiency) -> str:
    less = "no fewer do" if found.cost == len(found.metadata) else "none that costs less does"
    if found.optimal:
        return f"{less}, which is proven"
    if found.at_least is None:
        return f"that {less} was not proven (placewise minimal does)"
    unit = " subsystems" if found.cost == len(found.metadata) else " of cost"
    return f"at least {number(found.at_least)}{unit} are needed"


def sufficiency_caption(found: Sufficiency) -> str:
    """Say what the lines and the band are."""
    return (
        "Best first: each next subsystem is the one that adds most to those before it. The band holds the central 95 % "
        f"of {counted(found.random_orders, 'random order')}, its dashed line their median. The diamond is the set that "
        "was found for the target."
    )


def front_alt(levels: Sequence[LevelPoint]) -> str:
    """Say in words which levels nothing beats."""
    best = [point for point in levels if point.on_front]
    ends = sorted(best, key=lambda point: point.success)
    if not ends:
        return f"Marks of {counted(len(levels), 'level')}."
    said = f"{told_of(ends[0].metadata)} ({share(ends[0].success, 3)} joint success)"
    if len(ends) > 1:
        said += f" to {told_of(ends[-1].metadata)} ({share(ends[-1].success, 3)})"
    return f"Marks of {counted(len(levels), 'level')}, of which {len(best):,} are beaten by none: from {said}."


def front_caption(results: Results, drawn: int) -> str:
    """Say what beats what, and which levels are drawn."""
    best = sum(point.on_front for point in results.front)
    some = f" Drawn are {drawn:,}, the most successful." if drawn < len(results.front) else ""
    return (
        "One mark a level. A level is beaten where another costs no more, leaves as many jobs a match, succeeds as "
        f"often, and is better in one of the three. Filled marks are beaten by none: {best:,} of "
        f"{len(results.front):,}.{some}"
    )
