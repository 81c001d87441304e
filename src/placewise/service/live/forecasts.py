"""What models say of a job on each registered cluster: how long it runs, what that costs, how likely it succeeds."""

from __future__ import annotations

import contextlib
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError, locating
from placewise.formats.reading import found_at, parse_json, read_text
from placewise.formats.records.success_model_file import read_success_model
from placewise.formats.results.model_files import MODELS, read_models
from placewise.model.fleets.cluster import Cluster
from placewise.model.jobs.described_records import described_by_needs
from placewise.model.jobs.job import Job
from placewise.model.outcomes.outcome_model import PACKAGE, Described
from placewise.model.outcomes.success_model import SuccessModel
from placewise.model.results.runtime_models import BEST, Models
from placewise.model.scalar import Scalar
from placewise.prediction.cost import cost_of
from placewise.prediction.predict import predict_matrix
from placewise.prediction.success.model_outcomes import ModelOutcomes
from placewise.selection.situation import Numbers
from placewise.synthesis.environments import environment_of, field_of, runtime_facts_of

if TYPE_CHECKING:
    from placewise.matching.fleet.index import FleetIndex
    from placewise.service.live.live_fleet import LiveFleet

VERSION = "package_version"
RUNTIME, COST, SUCCESS, PRICE = "predicted_runtime_s", "predicted_cost", "success_probability", "cost_per_node_hour"
SAID = frozenset({RUNTIME, COST, SUCCESS})
"""What models may say."""
RESTS_ON = frozenset({RUNTIME, COST, PRICE})
"""What is read beside, of what policies would read else."""
_LONGEST_VERSION = 256
_MOST_PACKAGES = 256
_MOST_REMEMBERED = 2_000_000
_LEAST_ROWS = 16
_UNCLEAR = -1

_Row = tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be asked of a learned model: a kind of job, on environments that it was not asked about yet.

    first : the number of the first of these environments. generation : of their numbering.
    """

    row: _Row
    first: int
    environments: tuple[_Row, ...]
    generation: int


@dataclass(frozen=True, slots=True)
class _Known:
    """A cluster as it was looked at.

    state : then, of which some fields count. on : what models of runtimes look at. row : its environment as a model of
    success looks at it; None where that is not clear.
    """

    cluster: Cluster
    state: Mapping[str, Scalar]
    on: _Row
    row: _Row | None


def read_forecasts(paths: Sequence[Path]) -> Forecasts:
    """Return the models in files, or folders that `placewise fit` wrote: of runtimes, of success, or one of each.

    Raises InputError, naming the file, for what is no model, a second one of a kind, and one that says the same of
    every cluster and job.
    """
    runtimes: Models | None = None
    success: SuccessModel | None = None
    for path in paths:
        with locating(file=path):
            if _of_success(path):
                if success is not None:
                    raise InputError("is a second model of success", expected="one such model")
                success = read_success_model(path)
                if not ModelOutcomes(success).environment_facts:
                    problem = "is a model of success that knows nothing of clusters, and cannot choose between them"
                    raise InputError(problem, expected="one learned with facts of environments")
            else:
                if runtimes is not None:
                    raise InputError("holds a second set of runtime models", expected="one")
                runtimes = read_models(path)
                if not len(runtimes):
                    raise InputError("holds runtime models for no package", expected="one or more packages")
    return Forecasts(runtimes, success)


def _of_success(path: Path) -> bool:
    if found_at(path) == "folder":
        return False
    document = parse_json(read_text(path), path)
    found = document.get("format") if isinstance(document, dict) else None
    if not isinstance(found, str | int):
        expected = f"{MODELS} of placewise fit, or what placewise outcomes --save-model writes"
        raise InputError("holds no models", found=found, expected=expected)
    return isinstance(found, str)


def package_of(job: Job) -> tuple[str | None, str | None]:
    """Return a job's package and its version, as its attributes `package` and `package_version` have them."""
    attributes = dict(job.attributes)
    package, version = attributes.get(PACKAGE), attributes.get(VERSION)
    text = None if version is None or isinstance(version, bool) else str(version)
    return (
        package if isinstance(package, str) and package else None,
        text if text and len(text) <= _LONGEST_VERSION else None,
    )


class Forecasts:
    """Models, and what they said of the clusters that are registered now. The event loop owns it.

    Arrays are (clusters,) in the order of the live fleet's index. What a learned model says of a job takes some
    milliseconds, so it is asked beside the loop (`wanted`, `asked`, `keep`) and remembered within a bound.
    """

    def __init__(self, runtimes: Models | None = None, success: SuccessModel | None = None) -> None:
        self._runtimes = runtimes
        self._success = None if success is None else ModelOutcomes(success)
        self._rated = frozenset() if success is None else frozenset(success.rates.packages)
        self._index: FleetIndex | None = None
        facts = () if self._success is None else tuple(map(field_of, self._success.environment_facts))
        self._fields = (*facts, *(() if runtimes is None else runtimes.facts))
        self._known: dict[str, _Known] = {}
        self._runtime: dict[str, NDArray[np.float64]] = {}
        self._numbers: dict[_Row, int] = {}
        self._number_of = np.zeros(0, dtype=np.int64)
        self._generation = 0
        self._chances: OrderedDict[_Row, NDArray[np.float64]] = OrderedDict()

    def __bool__(self) -> bool:
        """Whether there are models."""
        return self._runtimes is not None or self._success is not None

    def over(self, fleet: LiveFleet, job: Job, today: Mapping[str, Numbers]) -> dict[str, Numbers]:
        """Return the numbers that take the place of today's for a job of whose package a model knows; else none.

        today : what policies would read. A cost is what the predicted runtime costs at `cost_per_node_hour`. Where
        success is learned, cost and runtime, be they predicted or today's, are divided by its probability: what is
        spent until the job has succeeded, if it is tried again where it failed. NaN is not known.
        """
        package = self._known_package(job)
        if package is None:
            return {}
        self._refresh(fleet)
        found: dict[str, Numbers] = {}
        if self._runtimes is not None and package in self._runtimes:
            found[RUNTIME] = runtime = self._predicted(package)
            if PRICE in today:
                found[COST] = cost_of(runtime, today[PRICE])
        p = self._probability(job, package)
        if p is not None:
            for name in (RUNTIME, COST):
                if name in found or name in today:
                    found[name] = _until_success(found.get(name, today.get(name)), p)
            found[SUCCESS] = p
        return found

    def wanted(self, fleet: LiveFleet, job: Job) -> Wanted | None:
        """Return what a learned model is to be asked before `over` knows all of a job; None for nothing."""
        if self._success is None or self._known_package(job) not in self._rated:
            return None
        self._refresh(fleet)
        row = self._described(job).rows[0]
        first = len(self._chances.get(row, ()))
        environments = tuple(self._numbers)[first:]
        return Wanted(row, first, environments, self._generation) if environments else None

    def asked(self, wanted: Wanted) -> NDArray[np.float64]:
        """Return (environments,) how likely the job succeeds on each; may be called on any thread."""
        assert self._success is not None
        jobs = Described(self._success.job_facts, (wanted.row,))
        environments = Described(tuple(self._success.environment_facts), wanted.environments)
        return np.asarray(self._success.table(jobs, environments)[0])

    def keep(self, wanted: Wanted, p: NDArray[np.float64]) -> None:
        """Remember what was asked, unless environments were numbered anew or another call was quicker."""
        known = self._chances.get(wanted.row, np.zeros(0))
        if wanted.generation == self._generation and len(known) == wanted.first:
            self._chances[wanted.row] = np.concatenate([known, p])
            self._chances.move_to_end(wanted.row)
            while len(self._chances) > max(_LEAST_ROWS, _MOST_REMEMBERED // max(1, len(self._numbers))):
                self._chances.popitem(last=False)

    def _known_package(self, job: Job) -> str | None:
        if self._runtimes is None and self._success is None:
            return None
        package, _ = package_of(job)
        known = package is not None and (package in self._rated or self._runtimes is not None)
        return package if known else None

    def _refresh(self, fleet: LiveFleet) -> None:
        """Take the clusters as they are now."""
        index = fleet.scheduler.index
        if index is self._index:
            return
        self._index = index
        self._runtime.clear()
        before, self._known = self._known, {}
        for name in index.names:
            cluster, state = fleet.cluster(name), fleet.state(name)
            known = before.get(name)
            if known is None or known.cluster is not cluster or self._says_otherwise(known.state, state):
                known = self._looked_at(cluster, state)
            self._known[name] = known
        if len(self._numbers) > 2 * len(index.names) + _LEAST_ROWS:
            self._numbers.clear()
            self._chances.clear()
            self._generation += 1
        numbers = np.full(len(index.names), _UNCLEAR, dtype=np.int64)
        for position, known in enumerate(self._known.values()):
            if known.row is not None:
                numbers[position] = self._numbers.setdefault(known.row, len(self._numbers))
        self._number_of = numbers

    def _says_otherwise(self, before: Mapping[str, Scalar], now: Mapping[str, Scalar]) -> bool:
        return before is not now and any(before.get(name) != now.get(name) for name in self._fields)

    def _looked_at(self, cluster: Cluster, state: Mapping[str, Scalar]) -> _Known:
        on = () if self._runtimes is None else runtime_facts_of(cluster, self._runtimes.facts, state)
        row: _Row | None = None
        if self._success is not None:
            # A model is asked about one value of each fact: of several it is not known what would be used.
            with contextlib.suppress(InputError):
                row = environment_of(cluster, self._success.environment_facts, state)
        return _Known(cluster, state, on, row)

    def _predicted(self, package: str) -> NDArray[np.float64]:
        assert self._runtimes is not None
        if package not in self._runtime:
            if len(self._runtime) >= _MOST_PACKAGES:
                self._runtime.clear()
            on = [known.on for known in self._known.values()]
            unknown = np.full(len(on), np.nan)  # `best` predicts by what is known before a run, never by memory
            self._runtime[package] = predict_matrix(self._runtimes, BEST, [package], unknown, on).runtime_s[0]
        return self._runtime[package]

    def _probability(self, job: Job, package: str) -> NDArray[np.float64] | None:
        if self._success is None or package not in self._rated:
            return None
        p = self._chances.get(self._described(job).rows[0], np.zeros(0))
        # What was registered since the model was asked is not known yet; the last place is for that.
        known = np.concatenate([p, np.full(len(self._numbers) - len(p) + 1, np.nan)])
        return np.asarray(known[self._number_of])

    def _described(self, job: Job) -> Described:
        assert self._success is not None
        package, version = package_of(job)
        needs = {requirement.subsystem for requirement in job.requirements}
        return described_by_needs([package or ""], [version], [needs]).only(self._success.job_facts)


def _until_success(spent: Numbers | None, p: NDArray[np.float64]) -> NDArray[np.float64]:
    each = np.asarray(spent, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(p > 0, each / p, np.where(np.isnan(p) | np.isnan(each), np.nan, np.inf))
