"""Workloads drawn from a profile of versions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError
from placewise.model.jobs.workload import Workload
from placewise.model.streams import Synthesis
from placewise.model.studies.version_profile import RootPackage, VersionJobs
from placewise.synthesis.drawing import Urns, refuse_size, stream

# Jobs drawn at a time: bounds the memory beyond that of the result. The draw depends on it.
_BLOCK = 1 << 16


def draw_workload(profile: VersionJobs, jobs: int, seed: int) -> Workload:
    """Return jobs with the columns package and package_version, named job-0000001 and so on.

    A job draws a root package and stack by weight, then for each dependency of the stack a range, then
    a version of the package from those built by jobs with the same requirement on the package itself.
    Ranges are drawn apart from each other, so only what goes together by stack goes together.

    The same profile, number and seed give the same workload; the first jobs of a larger draw are others.
    Raises InputError for fewer than one job, more than the memory holds, or a negative seed.
    """
    refuse_size(jobs, "jobs")
    generator = stream(seed, Synthesis.WORKLOAD)
    tables = _Tables(profile)
    try:
        stacks = tables.stacks.draw(np.zeros(jobs, dtype=np.int64), generator.random(jobs))
        offsets = np.concatenate(([0], np.cumsum(tables.lengths[stacks])))
        ids = np.empty(offsets[-1], dtype=np.int32)
    except (MemoryError, ValueError) as error:
        raise InputError("the jobs do not fit into memory", found=jobs, expected="fewer jobs") from error
    for start in range(0, jobs, _BLOCK):
        block = slice(start, start + _BLOCK)
        ids[offsets[start] : offsets[min(start + _BLOCK, jobs)]] = _ranges(tables, stacks[block], generator)
    versions = _versions(tables, stacks, offsets, ids, generator)
    packages = [tables.packages[stack] for stack in stacks.tolist()]
    used = np.bincount(ids, minlength=len(profile.requirements)) > 0
    width = max(7, len(str(jobs)))
    return Workload(
        tuple([f"job-{number:0{width}d}" for number in range(1, jobs + 1)]),
        tuple(requirement for requirement, needed in zip(profile.requirements, used, strict=True) if needed),
        offsets,
        (np.cumsum(used, dtype=np.int32) - 1)[ids],
        {"package": packages, "package_version": versions},
    )


def draw_workload_chunks(profile: VersionJobs, jobs: int, seed: int) -> Iterator[Workload]:
    """Yield jobs, 65,536 at a time, as `draw_workload` draws them but for package and version, which are left out.

    Memory does not grow with their number. Every chunk has all requirements of the profile, and random numbers of
    its own, so the first jobs of a larger draw are the same, but for the width of the numbers in their names.
    The same profile, number and seed give the same chunks. Raises InputError for fewer than one job or a negative seed.
    """
    refuse_size(jobs, "jobs")
    stream(seed, Synthesis.WORKLOAD_CHUNK, 0)  # refuses the seed now rather than at the first chunk
    return _chunks(profile, jobs, seed)


def _chunks(profile: VersionJobs, jobs: int, seed: int) -> Iterator[Workload]:
    tables = _Tables(profile)
    width = max(7, len(str(jobs)))
    for number, start in enumerate(range(0, jobs, _BLOCK)):
        generator = stream(seed, Synthesis.WORKLOAD_CHUNK, number)
        stop = min(start + _BLOCK, jobs)
        # A short chunk draws the stacks of a whole one, so that what is drawn after them is the same too.
        stacks = tables.stacks.draw(np.zeros(_BLOCK, dtype=np.int64), generator.random(_BLOCK))[: stop - start]
        yield Workload(
            tuple([f"job-{job:0{width}d}" for job in range(start + 1, stop + 1)]),
            profile.requirements,
            np.concatenate(([0], np.cumsum(tables.lengths[stacks]))),
            _ranges(tables, stacks, generator),
        )


def _ranges(tables: _Tables, stacks: NDArray[np.int64], generator: np.random.Generator) -> NDArray[np.int32]:
    """Return the requirements of these jobs, laid end to end."""
    lengths = tables.lengths[stacks]
    ends = np.cumsum(lengths)
    slots = np.repeat(tables.first_slot[stacks] - ends + lengths, lengths) + np.arange(ends[-1])
    ids: NDArray[np.int32] = tables.only[slots]
    undecided = np.flatnonzero(ids < 0)
    # A slot with a choice holds the number of its urn, as -1 - urn.
    urns = -1 - ids[undecided].astype(np.int64)
    ids[undecided] = tables.choices[tables.ranges.draw(urns, generator.random(len(undecided)))]
    return ids


def _versions(
    tables: _Tables,
    stacks: NDArray[np.int64],
    offsets: NDArray[np.int64],
    ids: NDArray[np.int32],
    generator: np.random.Generator,
) -> list[str | None]:
    own_slot = tables.own_slot[stacks]
    has_own = own_slot >= 0
    urns = tables.urn_without[stacks]
    urns[has_own] = tables.urn_of_own[ids[offsets[:-1][has_own] + own_slot[has_own]]]
    said = urns >= 0
    places = np.full(len(stacks), -1, dtype=np.int64)
    places[said] = tables.releases.draw(urns[said], generator.random(int(said.sum())))
    texts = [*tables.texts, None]
    return [texts[place] for place in places.tolist()]


@dataclass(slots=True, init=False)
class _Tables:
    """A profile laid out for drawing; a slot is one need of one stack."""

    packages: list[str]  # (stacks,) root package
    stacks: Urns
    lengths: NDArray[np.int64]  # (stacks,)
    first_slot: NDArray[np.int64]  # (stacks,)
    own_slot: NDArray[np.int64]  # (stacks,) which slot asks for the root package itself; -1 for none
    only: NDArray[np.int32]  # (slots,) the requirement, or -1 - urn where there is a choice
    ranges: Urns
    choices: NDArray[np.int32]  # (places of ranges,) requirements
    releases: Urns
    texts: list[str | None]  # (places of releases,)
    urn_of_own: NDArray[np.int64]  # (requirements,) urn of releases; -1 for none
    urn_without: NDArray[np.int64]  # (stacks,)

    def __init__(self, profile: VersionJobs) -> None:
        name_of = [requirement.subsystem for requirement in profile.requirements]
        self.packages, lengths, own_slots, only = [], [], [], []
        weights: list[float] = []
        range_weights: list[list[float]] = []
        choices: list[int] = []
        for root in profile.roots:
            for stack in root.stacks:
                # A workload keeps the requirements of a job by the name of the subsystem.
                needs = sorted(stack.needs, key=lambda need: name_of[need[0][0]])
                own = [slot for slot, need in enumerate(needs) if name_of[need[0][0]] == root.name]
                self.packages.append(root.name)
                weights.append(stack.weight)
                lengths.append(len(needs))
                own_slots.append(own[0] if own else -1)
                for need in needs:
                    if len(need) == 1:
                        only.append(need[0][0])
                    else:
                        only.append(-1 - len(range_weights))
                        range_weights.append([weight for _, weight in need])
                        choices.extend(position for position, _ in need)
        self.stacks, self.ranges = Urns([weights]), Urns(range_weights)
        self.lengths = np.array(lengths, dtype=np.int64)
        self.first_slot = np.cumsum(self.lengths) - self.lengths
        self.own_slot = np.array(own_slots, dtype=np.int64)
        self.only = np.array(only, dtype=np.int32)
        self.choices = np.array(choices, dtype=np.int32)
        self._lay_out_releases(profile.roots, len(name_of))

    def _lay_out_releases(self, roots: tuple[RootPackage, ...], requirements: int) -> None:
        self.texts = []
        weights: list[list[float]] = []
        self.urn_of_own = np.full(requirements, -1, dtype=np.int64)
        without = []
        for root in roots:
            urn_without = -1
            for releases in root.releases:
                if releases.own is None:
                    urn_without = len(weights)
                else:
                    self.urn_of_own[releases.own] = len(weights)
                weights.append([weight for _, weight in releases.versions])
                self.texts.extend(text for text, _ in releases.versions)
            without.extend([urn_without] * len(root.stacks))
        self.urn_without = np.array(without, dtype=np.int64)
        self.releases = Urns(weights)
