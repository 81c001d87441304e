"""What the report of a study of subsystems, or of levels of metadata, begins with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from placewise.model.quantities import CEILING, FLEET, SUCCESS
from placewise.model.results.held_out import IN_SAMPLE
from placewise.model.results.results import Results
from placewise.model.results.worth import Interval, Worth
from placewise.model.scalar import counted
from placewise.report.data.studies import held_out as held_out_numbers
from placewise.report.data.studies.levels import best_row
from placewise.report.data.studies.uncertainty import intervals_of
from placewise.report.data.studies.worth import NOTHING, count_to
from placewise.report.words.names import level_rows, with_metadata_on
from placewise.report.words.numbers import jobs, listed, share, shown
from placewise.report.words.openings.opening import DIGITS, KeyNumber, Opening, explained, scale_end, share_number
from placewise.report.words.studies.held_out import OVER_WORDS, UNITS

_MOST_NAMED = 4
_NEARLY_ALL, _HALF = 0.9, 0.6
_TRUTH = {"model": "By a learned model, ", "observed": "By what records say, "}

Known = tuple[str, float, Interval | None]
"""A label, a share, and its interval."""


def study_opening(results: Results) -> Opening:
    """Return the answer of a study of subsystems: what succeeds without metadata and with all, and what matters."""
    sentence = f"{'; '.join([*_ends(results), *_subsystems(results), *_held_out(results)])}"
    if not sentence:
        return Opening("")
    truth = "" if results.truth is None else _TRUTH[results.truth.kind]
    sentence = f"{truth}{sentence[0].lower() if truth else sentence[0].upper()}{sentence[1:]}."
    figure = "sufficiency" if results.sufficiency else "trade-off" if results.curve else "build-success"
    return Opening(sentence, figure, *_drawn(_study_numbers(results)))


def levels_opening(results: Results) -> Opening:
    """Return the answer of a study of levels: what succeeds without metadata, and at the best level."""
    rows = level_rows(results)
    nothing, best = next((row for row in rows if not row.level.metadata), None), best_row(rows)
    known: list[Known] = []
    parts, reached = [], False
    if nothing is not None and nothing.level.score.success is not None:
        score = nothing.level.score
        parts.append(
            f"Without metadata, {share(score.success, DIGITS)} of {jobs(score.total_jobs)} succeed on "
            f"{counted(score.clusters, 'cluster')}"
        )
        known.append(("success without metadata", score.success or 0.0, _first(results, nothing.level.name, SUCCESS)))
    if best is not None and best is not nothing:
        success = best.level.score.success or 0.0
        reached = results.ceiling is not None and share(results.ceiling, DIGITS) == share(success, DIGITS)
        which = f"the best of {counted(len(rows), 'level')}"
        parts.append(
            f"{with_metadata_on(best.label)}, {share(success, DIGITS)} do: {which}"
            + (" and the most that this fleet allows" if reached else "")
        )
        known.append((f"success {with_metadata_on(best.label)}", success, _first(results, best.level.name, SUCCESS)))
    if results.ceiling is not None:
        if not reached:
            parts.append(f"the ceiling of this fleet is {share(results.ceiling, DIGITS)}")
        known.append(("ceiling", results.ceiling, _first(results, FLEET, CEILING)))
    sentence = "; ".join(parts)
    return Opening(f"{sentence[:1].upper()}{sentence[1:]}." if parts else "", "level-success", *_drawn(known))


def _ends(results: Results) -> Iterator[str]:
    """Say what succeeds without metadata, with all, and at best."""
    nothing, everything = _success(results, "none"), _success(results, "all")
    score = results.scores.get("none") or results.scores.get("all")
    if score is None:
        return
    on = f"on {counted(score.clusters, 'cluster')}"
    most = None if results.ceiling is None else share(results.ceiling, DIGITS)
    parts = []
    if nothing is not None:
        parts.append(f"without metadata, {share(nothing, DIGITS)} of {jobs(score.total_jobs)} succeed {on}")
    if everything is not None:
        subject = "do" if parts else f"of {jobs(score.total_jobs)} succeed {on}"
        parts.append(f"with all metadata {share(everything, DIGITS)} {subject}")
    if not parts:
        return
    reached = most is not None and everything is not None and share(everything, DIGITS) == most
    end = "" if most is None else ", the most that this fleet allows" if reached else f"; the ceiling is {most}"
    yield f"{', and '.join(parts)}{end}"


def _subsystems(results: Results) -> Iterator[str]:
    """Name the subsystems that give half of the gain, and say how few give nearly all."""
    worth, enough = results.worth, results.sufficiency
    parts = []
    if worth is not None and worth.subsystems and worth.everything - worth.nothing > NOTHING:
        half = count_to(worth, (worth.everything - worth.nothing) / 2)
        if half is not None:
            parts.append(_most_of(worth, half))
    if enough is not None and enough.met and enough.metadata:
        one = len(enough.metadata) == 1
        what = f"{'reaches' if one else 'reach'} {share(enough.target, DIGITS)} of the ceiling"
        if parts and enough.target >= _NEARLY_ALL:
            what = f"{'gives' if one else 'give'} nearly all of it"
        parts.append(f"{len(enough.metadata):,} of {counted(len(enough.path), 'subsystem')} {what}")
    if parts:
        yield " and ".join(parts)


def _most_of(worth: Worth, count: int) -> str:
    """Name the most valuable subsystems, and say what part of the gain they give."""
    named = [shown(row.name, 40) for row in worth.top(min(count, _MOST_NAMED))]
    part = sum(row.value for row in worth.top(count)) / (worth.everything - worth.nothing)
    what = f"{'' if worth.exact else 'about '}{'half' if part < _HALF else share(part, 2)} of that gain"
    if count > len(named):
        return f"{count:,} subsystems, {listed(named)} first, give {what}"
    return f"{listed(named)} {'gives' if count == 1 else 'give'} {what}"


def _held_out(results: Results) -> Iterator[str]:
    one = _judged_elsewhere(results)
    if one is not None:
        over, mean, _ = one
        reached = share(mean, DIGITS)
        if over == "fleet":
            yield f"on other fleets, the same set reaches {reached} of their ceiling"
        else:
            yield f"a set chosen on half of the {UNITS[over]} reaches {reached} of the ceiling on the others"


def _judged_elsewhere(results: Results) -> Known | None:
    """Return what was held out first, the mean share of the ceiling that sets reach there, and its interval."""
    found = results.held_out
    for one in () if found is None else found.sets:
        what = held_out_numbers.reached(one.share) if one.over != IN_SAMPLE else None
        if what is not None:
            varied = "split" if one.over != "fleet" else "fleet"
            level = 1.0 if what.interval.is_range else 0.95
            low, high, over = what.interval.low, what.interval.high, f"{what.splits:,} {varied}s"
            return one.over, what.mean, Interval(low, high, over, level, varied)
    return None


def _study_numbers(results: Results) -> list[Known]:
    nothing, everything = _success(results, "none"), _success(results, "all")
    known: list[Known] = []
    if nothing is not None:
        known.append(("success without metadata", nothing, _first(results, "none", SUCCESS)))
    if everything is not None:
        known.append(("success with all metadata", everything, _first(results, "all", SUCCESS)))
    elsewhere = _judged_elsewhere(results)
    ceiling = results.ceiling
    if ceiling is not None and (everything is None or share(ceiling, DIGITS) != share(everything, DIGITS)):
        known.append(("ceiling", ceiling, _first(results, FLEET, CEILING)))
    elif elsewhere is not None:
        over, mean, interval = elsewhere
        known.append((f"of the ceiling, on {OVER_WORDS[over]} than the set was chosen on", mean, interval))
    elif results.worth is not None and results.worth.subsystems:
        best = results.worth.subsystems[0]
        known.append((f"Shapley value of {shown(best.name, 40)}, the largest", best.value, best.interval))
    elif ceiling is not None:
        known.append(("ceiling", ceiling, _first(results, FLEET, CEILING)))
    return known


def _drawn(known: Sequence[Known]) -> tuple[tuple[KeyNumber, ...], str]:
    """Return shares as key numbers on one scale, and what their intervals are."""
    most = max((max(value, 0.0 if one is None else one.high) for _, value, one in known), default=1.0)
    top = min(1.0, scale_end(most))
    numbers = tuple(share_number(label, value, one, top) for label, value, one in known)
    different = list(dict.fromkeys(one for one in (interval for *_, interval in known) if one is not None))
    overs = {one.over: one for one in reversed(different)}
    first = different[0] if different else None
    note = explained(first)
    others = [one for over, one in overs.items() if first is not None and over != first.over]
    return numbers, note + "".join(f" The last bar is over {shown(one.over)}." for one in others[:1])


def _success(results: Results, experiment: str) -> float | None:
    """Return the success of an experiment; published scores have that of matched jobs alone."""
    score = results.scores.get(experiment)
    if score is None:
        return None
    return score.success_of_matched.mean if score.success is None and not score.unmatched else score.success


def _first(results: Results, experiment: str, quantity: str) -> Interval | None:
    """Return the first interval of a quantity; None without any."""
    return next(iter(intervals_of(results, experiment, quantity)), None)
