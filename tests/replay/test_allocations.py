"""Which processors attempts are laid out on: as many as they hold, on their cluster, and nobody else's."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from random_replays import random_case, random_settings

from placewise.model.traces.replay_allocation import allocations
from placewise.replays.run import replay


@given(st.integers(0, 10_000), st.sampled_from(["easy", "conservative"]))
def test_no_processor_is_held_twice(seed, policy):
    case = random_case(seed)
    settings = random_settings(seed, policy, "limit", "earliest-start", case.fleet)
    schedule = replay(case.trace, case.fleet, settings, truth=case.truth, engine="python")
    held = allocations(schedule)
    ends = schedule.capacity.cumsum().tolist()
    begins = [end - size for end, size in zip(ends, schedule.capacity.tolist(), strict=True)]
    busy = {}
    for row in range(len(schedule)):
        start, end = int(schedule.start_s[row]), int(schedule.end_s[row])
        if start < 0 or end == start:
            assert held[row] == []
            continue
        processors = [one for low, high in held[row] for one in range(low, high + 1)]
        assert len(set(processors)) == len(processors) == schedule.processors[row]
        cluster = int(schedule.cluster[row])
        assert begins[cluster] <= min(processors) <= max(processors) < ends[cluster]
        for processor in processors:
            assert all(end <= other or until <= start for other, until in busy.get(processor, ()))
            busy.setdefault(processor, []).append((start, end))
