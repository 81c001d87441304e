"""Records as questions and rules, as the study declares them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError, one_of
from placewise.matching.bits.kernels import Kernels
from placewise.matching.bits.rows import Rows
from placewise.matching.fleet.index import FleetIndex
from placewise.model.jobs.records import Records
from placewise.model.jobs.workload import Workload
from placewise.model.studies.build_profile import BuildFleet
from placewise.model.studies.study import Question, Study
from placewise.model.studies.version_profile import VersionFleet
from placewise.outcomes.chances import ChanceSets
from placewise.outcomes.judging import Judging
from placewise.outcomes.questions import Questions
from placewise.outcomes.truth import Truth
from placewise.study.demands.asked import Asked, RedrawnFleets, TableChange
from placewise.study.demands.numbering import first_of_each, numbered, root_numbers
from placewise.study.demands.record_questions import Answers, answers, as_workload
from placewise.synthesis import draw_clusters
from placewise.synthesis.fit_builds import fit_build_fleet


@dataclass(frozen=True, slots=True, eq=False)
class RecordDemands:
    """See `Demands`.

    questions : those that some experiment uses. rules : the questions that decide, under the scoring.
    kind : (jobs,) of which kind each is; jobs of a kind agree in all texts that a question looks at. kinds : one of
        each; a question that looks at texts alone is answered once a kind, of which there are few.
    """

    study: Study
    jobs: Records
    questions: tuple[Question, ...]
    rules: tuple[Question, ...]
    kind: NDArray[np.int64]
    kinds: Records
    kernels: Kernels
    without: int = 0
    repeats: int = 0

    @classmethod
    def of(cls, study: Study, records: Records, kernels: Kernels) -> RecordDemands:
        """Check the questions against the columns. Raises InputError for no records, rules or such a column."""
        if not study.rules:
            raise InputError("the study has no outcome rules", expected="at least one")
        if not len(records):
            raise InputError("there are no builds", expected="at least one")
        if study.settings.unique:
            raise InputError("--unique has no effect for records, which state no sets of requirements", found=True)
        published = study.settings.scoring == "published"
        rules = tuple(rule.published or rule.question if published else rule.question for rule in study.rules)
        known = {question.name: question for question in study.questions}
        of_levels = (name for names in study.metadata.values() for name in names)
        used = dict.fromkeys((*of_levels, *study.expanding, *(study.everything or known)))
        for name in used:
            if name not in known:
                raise InputError("no such question", found=name, expected=one_of(name, known))
        kinds = records.kinds
        for question in (*study.questions, *rules):
            for field in question.fields:
                try:
                    field.check(kinds)
                except InputError as error:
                    raise error.within(place=f"question {question.name!r}") from None
        if study.settings.first is not None and study.settings.first < len(records):
            records = records.select(np.arange(study.settings.first))
        texts = sorted(
            {name for one in (*study.questions, *rules) for name in _columns(one) if kinds[name] != "number"}
        )
        kind, first = _alike([np.array(records.texts(name), dtype=np.str_) for name in texts], len(records))
        questions = tuple(known[name] for name in used)
        return cls(study, records, questions, rules, kind, records.select(first), kernels)

    @property
    def names(self) -> tuple[str, ...]:
        """See `Demands`."""
        return self.jobs.names

    def on(self, index: FleetIndex, *, grouped: bool = False, apart: bool = False) -> Asked:
        """See `Demands`. Raises InputError for a question on a subsystem that no cluster has."""
        group = root_numbers(self.jobs) if grouped else None
        found = {one: self._answers(index, one) for one in dict.fromkeys((*self.questions, *self.rules))}
        if apart:
            first = np.arange(len(self.jobs)) if group is None else np.argsort(group, kind="stable")
            of_job, weights = np.argsort(first, kind="stable"), np.ones(len(self.jobs), dtype=np.int64)
        else:
            alike = np.zeros(len(self.jobs), dtype=np.int64) if group is None else group
            kinds = int(alike.max(initial=-1)) + 1
            for one in found.values():
                # Numbered anew after each question, so that the numbers stay small.
                distinct_keys, alike = numbered(alike * len(one.table) + one.ids, kinds * len(one.table))
                kinds = len(distinct_keys)
            of_job, first, weights = alike, first_of_each(alike, kinds), np.bincount(alike, minlength=kinds)
        distinct = {question: Answers(one.ids[first], one.table) for question, one in found.items()}
        offsets, ids, table, subject = _stacked([distinct[one] for one in self.rules], len(first), index.words)
        places = self.kernels.intersect(table, Rows.of(offsets, ids), index.everything)
        truth = Truth(
            offsets,
            ids,
            index.clusters_of(table),
            subject.astype(np.int64),
            tuple(rule.name for rule in self.study.rules),
            ChanceSets(index.clusters_of(places)),
            len(index.fleet),
        )
        names = tuple(one.name for one in self.questions)
        questions = Questions(*_stacked([distinct[one] for one in self.questions], len(first), index.words), names, ())
        root = None if group is None else group[first]
        return Asked(index, questions, truth, weights, first, of_job, root)

    def seen(self, index: FleetIndex, change: TableChange) -> Asked:
        """See `Demands`."""
        asked = self.on(index)
        about = [self.questions[one].subsystem for one in asked.questions.question.tolist()]
        table = change(asked.questions.table, about) if about else asked.questions.table
        return replace(asked, questions=replace(asked.questions, table=table))

    def widened(self, index: FleetIndex, steps: int) -> Asked:
        """Raise InputError: see `Demands`."""
        del index
        raise InputError("what records ask for is not a range of versions that could be wider", found=steps)

    def as_workloads(self, index: FleetIndex) -> tuple[Workload, Judging | None]:
        """See `Demands`."""
        everything = [one for one in self.questions if one.name in self.study.everything or not self.study.everything]
        order = {name: at for at, name in enumerate(self.study.everything)}
        everything.sort(key=lambda one: order.get(one.name, 0))
        return as_workload(index, self.jobs, everything), Judging.by_rules(as_workload(index, self.jobs, self.rules))

    def note(self, index: FleetIndex) -> None:
        """See `Demands`."""
        del index

    def redrawn(self) -> RedrawnFleets:
        """See `Demands`."""
        known = self.study.profile
        return RedrawnClusters(self, fit_build_fleet(self.study.fleet, self.jobs) if known is None else known.fleet)

    def _answers(self, index: FleetIndex, question: Question) -> Answers:
        kinds = self.jobs.kinds
        if all(kinds[name] != "number" for name in _columns(question)):
            found = answers(index, self.kinds, question)
            return Answers(found.ids[self.kind], found.table)
        return answers(index, self.jobs, question)


@dataclass(frozen=True, slots=True, eq=False)
class RedrawnClusters:
    """Fleets drawn from the profile of clusters."""

    demands: RecordDemands
    profile: VersionFleet | BuildFleet

    def asked(self, clusters: int, seed: int) -> Asked:
        """See `RedrawnFleets`."""
        model = self.demands.study.settings.fleet_model
        return self.demands.on(FleetIndex(draw_clusters(self.profile, clusters, seed, model)))


def _columns(question: Question) -> Iterable[str]:
    return (name for field in question.fields for name in field.columns)


def _alike(columns: list[NDArray[np.str_]], jobs: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return (jobs,) which distinct combination of texts each has, and the first job of each."""
    codes = np.zeros(jobs, dtype=np.int64)
    for column in columns:
        texts, code = np.unique(column, return_inverse=True)
        _, codes = np.unique(codes * len(texts) + code.reshape(-1), return_inverse=True)
    _, first, kind = np.unique(codes.reshape(-1), return_index=True, return_inverse=True)
    return kind.reshape(-1), first


def _stacked(
    found: list[Answers], jobs: int, words: int
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.uint64], NDArray[np.int32]]:
    """Join questions side by side: (jobs + 1,) offsets, ids, one table, and the question of each of its rows."""
    edges = np.cumsum([0, *(len(one.table) for one in found)])
    table = np.concatenate([np.zeros((0, words), dtype=np.uint64), *(one.table for one in found)])
    columns = [one.ids + edge for one, edge in zip(found, edges[:-1].tolist(), strict=True)]
    ids = np.stack(columns, axis=1).astype(np.int32).reshape(-1) if columns else np.zeros(0, dtype=np.int32)
    question = np.repeat(np.arange(len(found)), np.diff(edges)).astype(np.int32)
    return np.arange(jobs + 1, dtype=np.int64) * len(found), np.ascontiguousarray(ids), table, question
