"""What telling nothing, and everything, would give if circumstances were others.

Four things are changed, one at a time: how many clusters the fleet has, drawn from its profile; how wide version
ranges are, which changes both what is told and what decides success; and how much of the clusters' metadata is wrong or
missing, in what the scheduler sees, while the truth stays.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np

from placewise.errors import InputError
from placewise.matching.index import FleetIndex
from placewise.matching.kernels import Kernels
from placewise.model.builds import BuildRecords
from placewise.model.worth import SensitivityPoint
from placewise.outcomes.truth import Scoring
from placewise.study.design import ALL, MOST, MOST_FLEETS, NONE, Design, refuse_outside
from placewise.study.figures import CEILING, FLEET, JOINT, UNMATCHED, Figure, Observed
from placewise.study.inputs import Inputs
from placewise.study.record import sweep_key
from placewise.study.run import take_part
from placewise.study.summing_up import Progress
from placewise.study.varying.fleets import FleetSource, seed_of
from placewise.study.varying.observing import Requested
from placewise.study.varying.range_widths import rows_of_width
from placewise.study.varying.redrawing import build_clusters, fleets_like
from placewise.study.varying.wrong_metadata import Seen, draw_missing, draw_wrong
from placewise.sweep.runner import HERE, Runner

if TYPE_CHECKING:
    from placewise.study.builds.observing import BuildFleets

T = TypeVar("T")

CLUSTERS, RANGES, WRONG, MISSING = "clusters", "range width", "wrong metadata", "missing metadata"
SETTINGS = {"clusters": CLUSTERS, "ranges": RANGES, "wrong": WRONG, "missing": MISSING}
"""By the name that a user asks for."""
_SHARES = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
AMOUNTS: dict[str, tuple[float, ...]] = {
    CLUSTERS: (10, 30, 100, 300, 1_000, 3_000, 10_000),
    RANGES: (-1, 0, 1, 2, 4, 8),
    WRONG: _SHARES,
    MISSING: _SHARES,
}
_STREAMS = {CLUSTERS: 22, WRONG: 23, MISSING: 24}
_EVERYTHING = 1
"""The column of joint success with everything told, in rows of nothing, everything, matched, ceiling."""


class Circumstances(Protocol):
    """A fleet and jobs, of which one thing can be changed."""

    def drawn(self, clusters: int, seed: int) -> Observed:
        """Return what the jobs find on a fleet of so many clusters, drawn with the seed."""
        ...

    def widened(self, steps: int) -> Observed:
        """Return what they find on the fleet as it is when version ranges are so much wider."""
        ...

    def seen(self, metadata: Callable[[FleetIndex], Seen]) -> Observed:
        """Return what they find on it when the scheduler sees other metadata."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class VersionCircumstances:
    """Jobs that ask for versions; fleets : None where the setting is not asked for."""

    requested: Requested
    index: FleetIndex
    fleets: FleetSource | None

    def drawn(self, clusters: int, seed: int) -> Observed:
        """See `Circumstances`."""
        assert self.fleets is not None
        return self.fleets.observed(clusters, seed)

    def widened(self, steps: int) -> Observed:
        """See `Circumstances`."""
        told = rows_of_width(self.index, self.requested.jobs.requirements, steps)
        holds = rows_of_width(self.index, self.requested.rules, steps)
        return self.requested.observed(self.index, told, holds, (NONE, ALL))

    def seen(self, metadata: Callable[[FleetIndex], Seen]) -> Observed:
        """See `Circumstances`."""
        requirements = self.requested.jobs.requirements
        holds = self.index.table(self.requested.rules)
        told = metadata(self.index).rows(
            self.index.table(requirements), [requirement.subsystem for requirement in requirements]
        )
        return self.requested.observed(self.index, told, holds, (NONE, ALL))


@dataclass(frozen=True, slots=True, eq=False)
class BuildCircumstances:
    """Build records."""

    index: FleetIndex
    fleets: BuildFleets

    def drawn(self, clusters: int, seed: int) -> Observed:
        """See `Circumstances`."""
        return self.fleets.observed(clusters, seed)

    def widened(self, steps: int) -> Observed:
        """See `Circumstances`; what builds ask for is no range that could be widened."""
        raise NotImplementedError

    def seen(self, metadata: Callable[[FleetIndex], Seen]) -> Observed:
        """See `Circumstances`."""
        return self.fleets.on(self.index, metadata(self.index))


@dataclass(frozen=True, slots=True, eq=False)
class SensitivityTask:
    """Cases of (setting, amount, draw), each a row of nothing, everything, matched, ceiling; a sweep's task.

    Draw n of clusters, wrong or missing metadata is drawn with (seed, 22, 23 or 24, n) alone, so that the amounts of a
    setting are compared on the same draws.
    """

    circumstances: Circumstances
    cases: tuple[tuple[str, float, int], ...]
    seed: int
    width: int = 4

    def __call__(self, number: int) -> Sequence[float]:
        """Return the row of one case."""
        setting, amount, draw = self.cases[number]
        if setting == CLUSTERS:
            found = self.circumstances.drawn(int(amount), seed_of(self.seed, _STREAMS[setting], draw))
        elif setting == RANGES:
            found = self.circumstances.widened(int(amount))
        else:
            generator = np.random.default_rng(np.random.SeedSequence((self.seed, _STREAMS[setting], draw)))
            metadata = draw_wrong if setting == WRONG else draw_missing
            found = self.circumstances.seen(lambda index: metadata(index, amount, generator))
        figures, ratios = found.ratios()
        value = dict(zip(figures, ratios.values().tolist(), strict=True))
        return (
            value[Figure(NONE, JOINT)],
            value[Figure(ALL, JOINT)],
            1.0 - value[Figure(ALL, UNMATCHED)],
            value[Figure(FLEET, CEILING)],
        )


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """What was found; left_out : settings that the inputs do not allow, and why."""

    points: tuple[SensitivityPoint, ...]
    left_out: tuple[str, ...] = ()


def sensitivity(
    inputs: Inputs,
    kernels: Kernels,
    *,
    over: Sequence[str] = (),
    draws: int = 10,
    seed: int = 0,
    scoring: Scoring = "corrected",
    first: int | None = None,
    amounts: dict[str, tuple[float, ...]] = AMOUNTS,
    runner: Runner = HERE,
    progress: Progress = lambda *_: None,
) -> Sensitivity:
    """Change one thing after the other, and say what telling nothing and everything then gives.

    over : names of settings; all that the inputs allow if empty. draws : of each amount that chance has a part in.
    first : only so many jobs. amounts : by setting. Raises InputError for a name that is none, a setting asked for
    that the inputs do not allow, and what `simulate` refuses.
    """
    for name in over:
        if name not in SETTINGS:
            raise InputError("no such setting", found=name, expected=f"some of {', '.join(SETTINGS)}")
    refuse_outside(draws=(draws, 1, MOST_FLEETS))
    wanted = tuple(SETTINGS[name] for name in dict.fromkeys(over or SETTINGS))
    circumstances, refused = _circumstances(inputs, kernels, wanted, seed, scoring, first)
    if over and refused:
        raise next(iter(refused.values()))
    cases = tuple(
        (setting, amount, draw)
        for setting in wanted
        if setting not in refused
        for amount in amounts[setting]
        for draw in range(draws if _left_to_chance(setting, amount) else 1)
    )
    rows = runner.rows(
        "sensitivity",
        SensitivityTask(circumstances, cases, seed),
        len(cases),
        key=_key(inputs, cases, seed, scoring, first),
        progress=lambda done: progress("sensitivity", done, len(cases)),
    )
    points = []
    for setting, amount in dict.fromkeys((setting, amount) for setting, amount, _ in cases):
        found = rows[[case[:2] == (setting, amount) for case in cases]]
        low, high = np.quantile(found[:, _EVERYTHING], [0.025, 0.975]).tolist()
        nothing, everything, matched, ceiling = found.mean(axis=0).tolist()
        points.append(SensitivityPoint(setting, amount, nothing, everything, matched, ceiling, len(found), low, high))
    names = {setting: name for name, setting in SETTINGS.items()}
    return Sensitivity(tuple(points), tuple(f"{names[setting]}: {error}" for setting, error in refused.items()))


def _left_to_chance(setting: str, amount: float) -> bool:
    return setting == CLUSTERS or (setting in (WRONG, MISSING) and amount > 0)


def _circumstances(
    inputs: Inputs, kernels: Kernels, wanted: tuple[str, ...], seed: int, scoring: Scoring, first: int | None
) -> tuple[Circumstances, dict[str, InputError]]:
    """Return the circumstances, and which of the settings wanted they do not allow."""
    if not len(inputs.fleet):
        raise InputError("the fleet has no clusters", expected="at least one")
    index = FleetIndex(inputs.fleet)
    refused: dict[str, InputError] = {}
    if WRONG in wanted:
        _or_refused(refused, WRONG, lambda: draw_wrong(index, 0.0, np.random.default_rng(0)))
    if isinstance(inputs.jobs, BuildRecords):
        return _of_builds(inputs, inputs.jobs, index, kernels, wanted, scoring, first, refused), refused
    design = Design(scoring=scoring, first=first, seed=seed, experiments=(NONE, ALL))
    jobs, _, _ = take_part(inputs.jobs, design)
    source = None
    if CLUSTERS in wanted:
        source = _or_refused(refused, CLUSTERS, lambda: fleets_like(inputs, jobs, design, kernels))
    return VersionCircumstances(Requested.of(jobs, design, kernels), index, source), refused


def _of_builds(
    inputs: Inputs,
    records: BuildRecords,
    index: FleetIndex,
    kernels: Kernels,
    wanted: tuple[str, ...],
    scoring: Scoring,
    first: int | None,
    refused: dict[str, InputError],
) -> BuildCircumstances:
    from placewise.study.builds.observing import build_fleets  # noqa: PLC0415, only build records need it

    assert inputs.study is not None
    if not len(records):
        raise InputError("there are no builds", expected="at least one")
    refuse_outside(jobs=(first, 1, MOST))
    if first is not None and first < len(records):
        records = records.select(np.arange(first))
    if RANGES in wanted:
        refused[RANGES] = InputError("what builds ask for is no range of versions that could be wider")
    profile = None
    if CLUSTERS in wanted:
        profile = _or_refused(refused, CLUSTERS, lambda: build_clusters(inputs, records))
    fleets = build_fleets(records, profile, inputs.study, scoring, kernels)
    levels = ((NONE, ()), (ALL, inputs.study.everything))
    return BuildCircumstances(index, replace(fleets, levels=levels, expanding=()))


def _or_refused(refused: dict[str, InputError], setting: str, find: Callable[[], T]) -> T | None:
    """Return what is found; None where the inputs do not allow it, which is then noted."""
    try:
        return find()
    except InputError as error:
        refused[setting] = error
        return None


def _key(inputs: Inputs, cases: Sequence[Any], seed: int, scoring: Scoring, first: int | None) -> str:
    design = Design(scoring=scoring, first=first, seed=seed)
    return json.dumps([sweep_key(inputs, design), list(cases)])
