"""A study: fleet and jobs, what a submission can have metadata on, what decides success, and how it is run."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from placewise.errors import InputError, Words, one_of
from placewise.model.fleets.cluster import Fleet
from placewise.model.jobs.records import Kind, Records
from placewise.model.jobs.workload import Workload
from placewise.model.outcomes.outcome_model import OutcomeTruth
from placewise.model.studies.profile import Profile
from placewise.model.studies.settings import Settings
from placewise.model.traces.scenarios import TimedSettings
from placewise.model.traces.trace import Trace

NONE, SINGLE, EXPANDING, CHOSEN, ALL = "none", "single", "expanding", "chosen", "all"
WITH_REPLACEMENT = "constraint-with-replacement"
WITHOUT_REPLACEMENT = "constraint-without-replacement"
CONSTRAINTS = (WITH_REPLACEMENT, WITHOUT_REPLACEMENT)
TIMED = "timed"
EXPERIMENTS = (NONE, SINGLE, EXPANDING, CHOSEN, ALL, *CONSTRAINTS, TIMED)

FOLDER_NAMES = {SINGLE: "single-subsystem", EXPANDING: "expanded-subsystems"}
"""What the results folder calls an experiment where the prior work has another name for it."""
UNMATCHED_AT = "unmatched_at"
"""What `scores.json` holds beside the experiments."""

NO_TIMES, A_TRACE = "the jobs have no submission times, and cannot be replayed", 'a study file with trace = "FILE"'
"""What is wrong with `timed` where there is no trace, and what is expected."""

MOST_RULES = 8
"""Failures are counted for every combination of rules, of which there are two to this power."""


def folder_name(experiment: str) -> str:
    """Return what the results folder calls an experiment; a level of a study is called as it is."""
    return FOLDER_NAMES.get(experiment, experiment)


@dataclass(frozen=True, slots=True)
class Comparison:
    """How one field of a vertex must relate to columns of the records.

    equals, at_least, at_most : names of columns; bounds on a text column are versions, on others numbers.
    at_most_factor : the number of `at_most` times this is the bound.
    """

    field: str
    equals: str | None = None
    at_least: str | None = None
    at_most: str | None = None
    at_most_factor: float = 1.0

    def __post_init__(self) -> None:
        used = self.columns
        if not used or (self.equals is not None and len(used) > 1):
            raise InputError(
                f"the field {self.field!r} is not compared in one way", expected="equals, or at_least and at_most"
            )
        if not 0 < self.at_most_factor < math.inf:
            expected = "a finite number above 0"
            raise InputError("at_most_factor is not usable", found=self.at_most_factor, expected=expected)
        if self.at_most_factor != 1 and self.at_most is None:
            raise InputError("at_most_factor has no effect without at_most", found=self.at_most_factor)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the field is compared with."""
        return tuple(name for name in (self.equals, self.at_least, self.at_most) if name is not None)

    def check(self, kinds: Mapping[str, Kind]) -> None:
        """Raise InputError for a column that the records lack, or that cannot be compared so."""
        for name in self.columns:
            if name not in kinds:
                raise InputError("no such column of the records", found=name, expected=one_of(name, kinds))
        if len({kinds[name] == "number" for name in self.columns}) > 1:
            raise InputError(f"the bounds of {self.field!r} are of different kinds", found=list(self.columns))
        if self.at_most_factor != 1 and kinds[self.columns[-1]] != "number":
            raise InputError("at_most_factor is for columns of numbers", found=self.at_most)
        if self.equals is not None and kinds[self.equals] == "number":
            texts = ", ".join(name for name, kind in kinds.items() if kind != "number")
            raise InputError("equality is for text columns", found=self.equals, expected=texts)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of one vertex of a subsystem, for each record.

    name : what levels and results call it. subsystem : of the vertex. fields : what is compared with which column of
    the record.
    """

    name: str
    subsystem: str
    fields: tuple[Comparison, ...]

    def __post_init__(self) -> None:
        if not self.fields:
            raise InputError(f"the question {self.name!r} asks for nothing", expected="at least one field")


@dataclass(frozen=True, slots=True)
class Rule:
    """An outcome rule: the job fails, for the reason `name`, on a cluster that does not meet the question.

    name : of the rule. question : what the cluster has to meet. published : the question that the prior work's code
    tested instead, where it differs.
    """

    name: str
    question: Question
    published: Question | None = None


@dataclass(frozen=True, slots=True)
class Level:
    """A named choice of metadata: the subsystems, or questions, that a submission has metadata on.

    name : what the level is called in results. metadata : the names of these subsystems or questions.
    """

    name: str
    metadata: tuple[str, ...]

    def __init__(self, name: str, metadata: Iterable[str]) -> None:
        if isinstance(metadata, str):
            raise InputError(f"the level {name!r} has one text for its metadata", expected="a list of names")
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "metadata", tuple(dict.fromkeys(metadata)))
        taken = {*EXPERIMENTS, *FOLDER_NAMES.values(), UNMATCHED_AT}
        if name in taken and not (name == NONE and not self.metadata):
            raise InputError("the name is not free for a level", found=name, expected="another name")


@dataclass(frozen=True, slots=True, eq=False)
class Study:
    """One study, of version jobs or of records.

    fleet : the clusters. jobs : a workload, whose requirements are questions and rules alike, or records, for which
        `questions` and `rules` say both; an empty workload where there is a trace.
    questions : what records ask of clusters; levels name them. rules : what decides whether a record succeeds.
    levels : in the order of the report. expanding : the questions that `expanding` adds one after the other; empty for
        all, by name. everything : those that *all metadata* is; empty for all.
    settings : how to run it.
    source : where fleet and jobs came from, in words. hashes : (file, SHA-256) of every document. parsed : a SHA-256 of
        fleet and jobs as they were read, where that may have been from a cache.
    profile : what the fleet was drawn from, if it was.
    truth : what says how likely jobs succeed, in place of rules; None where rules, or requirements, decide.
    trace : recorded jobs, which the experiment `timed` replays as `timed` says; its levels are pieces of metadata.
    timed : the scenarios of `trace`.

    Raises InputError for names that repeat or are not known, too many rules, and a trace beside other jobs.
    """

    fleet: Fleet
    jobs: Workload | Records
    questions: tuple[Question, ...] = ()
    rules: tuple[Rule, ...] = ()
    levels: tuple[Level, ...] = ()
    expanding: tuple[str, ...] = ()
    everything: tuple[str, ...] = ()
    settings: Settings = field(default_factory=Settings)
    source: str = ""
    hashes: tuple[tuple[str, str], ...] = ()
    parsed: str = ""
    profile: Profile | None = None
    truth: OutcomeTruth | None = None
    trace: Trace | None = None
    timed: TimedSettings = field(default_factory=TimedSettings)

    def __post_init__(self) -> None:
        for name in ("levels", "expanding", "everything"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        for what, names in (
            ("questions", [question.name for question in self.questions]),
            ("rules", [rule.name for rule in self.rules]),
            ("levels", [level.name for level in self.levels]),
            ("questions of `expanding`", list(self.expanding)),
        ):
            if len(set(names)) != len(names):
                twice = next(name for name in names if names.count(name) > 1)
                raise InputError(f"two {what} have the same name", found=twice, expected="names that differ")
        if len(self.rules) > MOST_RULES:
            raise InputError("too many outcome rules", found=len(self.rules), expected=f"at most {MOST_RULES}")
        self._check_truth()
        if self.trace is not None and (len(self.jobs) or self.rules or self.questions or self.truth is not None):
            raise InputError("there is a trace, and there are other jobs", expected="one of the two")
        if self.questions:
            known = {question.name for question in self.questions}
            for name in (*self.expanding, *self.everything, *(name for one in self.levels for name in one.metadata)):
                if name not in known:
                    raise InputError("no such question", found=name, expected=one_of(name, sorted(known)))

    def _check_truth(self) -> None:
        if self.truth is None:
            if self.settings.slack:
                raise InputError("--slack has no effect where rules decide", found=self.settings.slack)
            return
        if self.rules or self.questions or isinstance(self.jobs, Records):
            raise InputError("rules decide, and so does a model of outcomes", expected="one of the two")
        if len(self.truth.described) != len(self.jobs):
            found = f"{len(self.truth.described)} of {len(self.jobs)}"
            raise InputError("not every job is described", found=Words(found), expected="all of them")

    @property
    def experiments(self) -> tuple[str, ...]:
        """The names of the experiments to run, in order: those asked for, and every level.

        A study that declares rules runs its levels and, where costs are known, the constraint; others run none,
        single, expanding and all beside their levels. That of a trace is timed, which has its levels inside. Raises
        InputError for a name that is none.
        """
        if self.trace is not None:
            for name in self.settings.experiments:
                if name != TIMED:
                    raise InputError("a trace has no such experiment", found=name, expected=TIMED)
            return (TIMED,)
        named = tuple(self.metadata)
        asked = self.settings.experiments or self._by_default()
        for name in asked:
            if name == TIMED:
                raise InputError(NO_TIMES, found=name, expected=A_TRACE)
            if name == CHOSEN and CHOSEN not in named:
                raise InputError("the experiment chosen has no metadata", expected="--metadata with names")
            if name not in (*EXPERIMENTS, *named):
                raise InputError(
                    "no such experiment", found=name, expected=one_of(name, dict.fromkeys((*EXPERIMENTS, *named)))
                )
        first = tuple(name for name in (NONE, SINGLE, EXPANDING) if name not in named)
        wanted = {*asked, *named}
        return tuple(name for name in (*first, *named, ALL, *CONSTRAINTS) if name in wanted)

    def _by_default(self) -> tuple[str, ...]:
        if not self.rules:
            return (NONE, SINGLE, EXPANDING, ALL)
        return CONSTRAINTS if self.jobs.measurements() is not None else ()

    @property
    def metadata(self) -> dict[str, tuple[str, ...]]:
        """What every level, and the one of the settings, has metadata on, by name."""
        found = {level.name: level.metadata for level in self.levels}
        return found | ({CHOSEN: self.settings.metadata} if self.settings.metadata else {})
