"""What becomes of builds on any fleet, in the few numbers that figures are made of."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from placewise.matching.index import FleetIndex
from placewise.matching.kernels import Kernels
from placewise.matching.rows import Rows
from placewise.model.build_profile import BuildFleet
from placewise.model.builds import BuildRecords
from placewise.model.study import TEXT_COLUMNS, BuildStudy, Form
from placewise.outcomes.telling import Needs, Told, tell_all, tell_more_and_more
from placewise.outcomes.truth import Scoring
from placewise.study.builds.forms import FormRows, form_rows, stacked
from placewise.study.design import EXPANDING, FOLDER_NAMES
from placewise.study.figures import Observed, expected
from placewise.study.varying.observing import observed_of
from placewise.study.varying.wrong_metadata import Seen
from placewise.synthesis import draw_clusters


@dataclass(frozen=True, slots=True, eq=False)
class BuildKinds:
    """Builds whose texts are alike, of which there are few: forms that look at texts alone are evaluated once a kind.

    records : all builds. kind : (builds,) of which kind each is. kinds : one build of each.
    """

    records: BuildRecords
    kind: NDArray[np.int64]
    kinds: BuildRecords

    @classmethod
    def of(cls, records: BuildRecords) -> BuildKinds:
        """Find the builds whose platforms are alike."""
        codes = np.zeros(len(records), dtype=np.int64)
        for name in _PLATFORM:
            texts, code = np.unique(np.array(getattr(records, name), dtype=np.str_), return_inverse=True)
            codes = codes * len(texts) + code.reshape(-1)
        _, first, kind = np.unique(codes, return_index=True, return_inverse=True)
        return cls(records, kind.reshape(-1), records.select(first))

    def rows(self, index: FleetIndex, form: Form) -> FormRows:
        """Return where a form is met, for each build; see `form_rows`."""
        if all(column in _PLATFORM for one in form.fields for column in one.columns):
            found = form_rows(index, self.kinds, form)
            return FormRows(found.ids[self.kind], found.table)
        return form_rows(index, self.records, form)


_PLATFORM = ("arch", "compiler", "compiler_version")
assert set(_PLATFORM) < set(TEXT_COLUMNS)


@dataclass(frozen=True, slots=True, eq=False)
class Forms:
    """Forms evaluated on one fleet, for distinct builds: those that are alike in every form.

    rows : by form, with ids (distinct,). weights : (distinct,) how many builds there are of each.
    """

    index: FleetIndex
    rows: dict[Form, FormRows]
    weights: NDArray[np.int64]

    @classmethod
    def of(cls, index: FleetIndex, kinds: BuildKinds, forms: tuple[Form, ...]) -> Forms:
        """Evaluate forms. Raises InputError for one on a subsystem that no cluster has."""
        rows = {form: kinds.rows(index, form) for form in dict.fromkeys(forms)}
        alike = np.zeros(len(kinds.records), dtype=np.int64)
        for one in rows.values():
            # Numbered anew after each form, so that the numbers stay small.
            _, alike = np.unique(alike * len(one.table) + one.ids, return_inverse=True)
        _, first, weights = np.unique(alike.reshape(-1), return_index=True, return_counts=True)
        return cls(index, {form: FormRows(one.ids[first], one.table) for form, one in rows.items()}, weights)

    def asked(self, forms: tuple[Form, ...]) -> tuple[Rows, NDArray[np.uint64], NDArray[np.int32]]:
        """Return what some forms ask of each distinct build: rows, their table, and the form of each of its rows."""
        ids, table, of_form = stacked([self.rows[form] for form in forms], self.index.words)
        flat = ids.reshape(-1) if forms else np.zeros(0, dtype=np.int32)
        return Rows.of(np.arange(len(self.weights) + 1) * len(forms), flat), table, of_form

    def needs(self, forms: tuple[Form, ...]) -> Needs:
        """Return the same as needs."""
        rows, table, of_form = self.asked(forms)
        return Needs(rows.offsets, rows.ids, table, of_form, tuple(form.name for form in forms), ())


@dataclass(frozen=True, slots=True, eq=False)
class BuildFleets:
    """Fleets drawn from the profile of clusters, as `draw_build_fleet` draws them, and builds tried on them.

    clusters : None where only given fleets are tried.
    levels : what is tried, by name: the forms told. expanding : forms told one after the other, or none.
    rules : the forms that decide success.
    """

    kinds: BuildKinds
    clusters: BuildFleet | None
    levels: tuple[tuple[str, tuple[Form, ...]], ...]
    expanding: tuple[Form, ...]
    rules: tuple[Form, ...]
    kernels: Kernels

    def observed(self, clusters: int, seed: int) -> Observed:
        """See `FleetSource`."""
        assert self.clusters is not None
        return self.on(FleetIndex(draw_clusters(self.clusters, clusters, seed)))

    def on(self, index: FleetIndex, seen: Seen | None = None) -> Observed:
        """Return what is expected on a compiled fleet; seen : what the scheduler sees of it, if not all as it is."""
        told = [form for _, forms in self.levels for form in forms]
        forms = Forms.of(index, self.kinds, (*told, *self.expanding, *self.rules))
        rows, table, _ = forms.asked(self.rules)
        succeeds = index.clusters_of(self.kernels.intersect(table, rows, index.everything))

        def needs_of(asked: tuple[Form, ...]) -> Needs:
            needs = forms.needs(asked)
            if seen is None or not asked:
                return needs
            about = [asked[form].subsystem for form in needs.subsystem.tolist()]
            return replace(needs, table=seen.rows(needs.table, about))

        def tell(asked: tuple[Form, ...]) -> Told:
            return tell_all(index, needs_of(asked), self.kernels)

        found = [expected(name, tell(asked), succeeds, forms.weights) for name, asked in self.levels]
        if self.expanding:
            needs = needs_of(self.expanding)
            more = tell_more_and_more(index, needs, self.kernels, np.arange(len(needs.names)))
            found.append(expected(FOLDER_NAMES[EXPANDING], more, succeeds, forms.weights))
        return observed_of(tuple(found), index, succeeds, forms.weights)


def rules_for(study: BuildStudy, scoring: Scoring) -> tuple[Form, ...]:
    """Return the forms that decide success under a scoring."""
    return tuple(rule.published or rule.form if scoring == "published" else rule.form for rule in study.rules)


def build_fleets(
    records: BuildRecords, clusters: BuildFleet | None, study: BuildStudy, scoring: Scoring, kernels: Kernels
) -> BuildFleets:
    """Return fleets on which every level of a study is tried, and its forms one after the other."""
    levels = tuple((level.name, level.told) for level in study.levels)
    return BuildFleets(
        BuildKinds.of(records),
        clusters,
        levels,
        study.expanding,
        rules_for(study, scoring),
        kernels,
    )
