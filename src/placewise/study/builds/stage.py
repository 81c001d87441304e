"""The stage of a run over build records: distinct builds, their forms and rules, and what each cluster costs them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placewise.matching import bitset
from placewise.matching.kernels import Kernels
from placewise.matching.rows import Rows
from placewise.model.builds import BuildRecords
from placewise.model.cluster import Fleet
from placewise.model.runtime_models import Models
from placewise.model.study import BuildStudy, Form
from placewise.outcomes.outcomes import Scene
from placewise.outcomes.telling import Needs
from placewise.outcomes.truth import Truth
from placewise.prediction import additional, fit_models, predict_matrix, reference_runtime
from placewise.prediction.cost import REFERENCES, SECONDS_PER_HOUR
from placewise.scheduler import Scheduler
from placewise.study.builds.design import BuildDesign
from placewise.study.builds.forms import FormRows, form_rows, stacked


@dataclass(frozen=True, slots=True, eq=False)
class Costs:
    """What each package would take on each cluster, every array (packages, clusters); NaN is not known.

    runtime_s, cost : predicted. outside : the memory is outside the range seen.
    additional : by reference, additional runtime (s) and cost.
    """

    models: Models
    packages: tuple[str, ...]
    runtime_s: NDArray[np.float64]
    cost: NDArray[np.float64]
    outside: NDArray[np.bool_]
    additional: Mapping[str, tuple[NDArray[np.float64], NDArray[np.float64]]]


@dataclass(frozen=True, slots=True, eq=False)
class BuildStage:
    """A scheduler, the distinct builds that it is given, and the truth about them.

    Builds are equal when every form and rule and their package are; `of_build` (builds,) says which distinct
    one each is like, `first` (distinct,) a build that is like it, and `package` (distinct,) its package, ascending.
    """

    scheduler: Scheduler
    records: BuildRecords
    study: BuildStudy
    scene: Scene
    costs: Costs
    rows: dict[Form, FormRows]
    first: NDArray[np.int64]
    of_build: NDArray[np.int64]
    package: NDArray[np.int64]

    @classmethod
    def prepare(
        cls, fleet: Fleet, records: BuildRecords, study: BuildStudy, design: BuildDesign, kernels: Kernels
    ) -> BuildStage:
        """Compile the fleet, fit the runtime models, and find out where each build would succeed."""
        scheduler = Scheduler(fleet, kernels=kernels)
        rules = [rule.published or rule.form if design.scoring == "published" else rule.form for rule in study.rules]
        rows = {form: form_rows(scheduler.index, records, form) for form in _forms(study, rules)}
        packages, package = np.unique(np.array(records.packages, dtype=np.str_), return_inverse=True)
        # The package comes first, so that the builds of one stand together.
        key = np.stack([package, *(one.ids for one in rows.values())], axis=1)
        _, first, of_build, weights = np.unique(key, axis=0, return_index=True, return_inverse=True, return_counts=True)
        if design.sample:
            first = np.argsort(package, kind="stable")
            of_build = np.argsort(first, kind="stable")
            weights = np.ones(len(records), dtype=np.int64)
        truth = _truth(scheduler, kernels, study, [rows[form] for form in rules], first)
        costs = _costs(fleet, records, tuple(packages.tolist()), design)
        return cls(
            scheduler, records, study, Scene(truth, weights), costs, rows, first, of_build.reshape(-1), package[first]
        )

    @property
    def weights(self) -> NDArray[np.int64]:
        """(distinct,) how many builds each stands for."""
        return self.scene.weights

    def summed_by_package(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Add up (distinct, clusters) values to (packages, clusters); every package has a build."""
        starts = np.searchsorted(self.package, np.arange(len(self.costs.packages)))
        return np.add.reduceat(values, starts, axis=0)

    def needs(self, forms: Sequence[Form]) -> Needs:
        """Return what is asked of each distinct build when these forms are told."""
        ids, table, subject = stacked([self.rows[form] for form in forms], self.scheduler.index.words)
        chosen = ids[self.first] if len(forms) else np.zeros((len(self.first), 0), dtype=np.int32)
        return Needs(
            np.arange(len(self.first) + 1, dtype=np.int64) * len(forms),
            np.ascontiguousarray(chosen.reshape(-1)),
            table,
            subject,
            tuple(form.name for form in forms),
            (),
        )


def _forms(study: BuildStudy, rules: Iterable[Form]) -> list[Form]:
    told = [form for level in study.levels for form in level.told]
    return list(dict.fromkeys([*told, *study.expanding, *study.everything, *rules]))


def _truth(
    scheduler: Scheduler, kernels: Kernels, study: BuildStudy, rules: list[FormRows], first: NDArray[np.int64]
) -> Truth:
    index = scheduler.index
    ids, table, subject = stacked(rules, index.words)
    flat = np.ascontiguousarray(ids[first].reshape(-1))
    offsets = np.arange(len(first) + 1, dtype=np.int64) * len(rules)
    places = kernels.intersect(table, Rows.of(offsets, flat), bitset.full(len(index.classes)))
    return Truth(
        offsets,
        flat,
        index.clusters_of(table),
        subject.astype(np.int64),
        tuple(rule.name for rule in study.rules),
        index.clusters_of(places),
        len(index.fleet),
    )


def _costs(fleet: Fleet, records: BuildRecords, packages: tuple[str, ...], design: BuildDesign) -> Costs:
    state = [dict(cluster.state) for cluster in fleet.clusters]
    memory = np.array([float(entry.get("memory", np.nan)) for entry in state])
    price = np.array([float(entry.get("cost_per_node_hour", np.nan)) for entry in state])
    models = fit_models(
        records.packages,
        records.memory_mean_bytes,
        records.duration_s,
        minimum_builds=design.minimum_builds,
        seed=design.seed,
    )
    predicted = predict_matrix(models, design.model, packages, memory)
    found: dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]] = {
        reference: additional(predicted.runtime_s, reference_runtime(models, design.model, packages, reference), price)
        for reference in REFERENCES
    }
    cost = predicted.runtime_s / SECONDS_PER_HOUR * price
    return Costs(models, packages, predicted.runtime_s, cost, predicted.outside, found)
