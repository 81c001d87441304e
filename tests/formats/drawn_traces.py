"""Random traces, and what two traces must share to be the same."""

from __future__ import annotations

import dataclasses

import numpy as np
from drawn_requirements import expressions
from hypothesis import strategies as st

from placewise.formats.requirements.rows import requirement_row
from placewise.model.traces.trace import UNKNOWN, Labels, Machine, Trace

counts = st.integers(0, 1 << 40) | st.just(UNKNOWN)
words = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=5)


def can_be_written(expression):
    try:
        requirement_row(expression)
    except Exception:  # noqa: BLE001, what entries cannot say is another module's concern
        return False
    return True


def column(draw, jobs, values=counts):
    return np.array(draw(st.lists(values, min_size=jobs, max_size=jobs)), dtype=np.int64)


def labels(draw, jobs):
    texts = draw(st.lists(words, unique=True, min_size=1, max_size=3))
    codes = draw(st.lists(st.integers(UNKNOWN, len(texts) - 1), min_size=jobs, max_size=jobs))
    return Labels(tuple(texts), np.array(codes, dtype=np.int32))


@st.composite
def traces(draw, most=5):
    jobs = draw(st.integers(1, most))
    asks = draw(st.lists(st.lists(expressions.filter(can_be_written), min_size=1, max_size=2).map(tuple), max_size=2))
    sets = tuple(dict.fromkeys([(), *asks]))
    after = [draw(st.integers(UNKNOWN, row - 1)) for row in range(jobs)]
    names = np.arange(jobs) if draw(st.booleans()) else tuple(draw(st.lists(words, min_size=jobs, max_size=jobs)))
    nodes = st.lists(st.integers(0, 9), unique=True, max_size=3).map(sorted).map(tuple)
    waited = column(draw, jobs)
    ran_on = tuple(draw(st.lists(nodes, min_size=jobs, max_size=jobs)))
    return Trace(
        names,
        np.sort(column(draw, jobs, st.integers(-(1 << 40), 1 << 40))),
        *(column(draw, jobs) for _ in range(7)),
        np.array(draw(st.lists(st.booleans(), min_size=jobs, max_size=jobs))),
        *(labels(draw, jobs) for _ in range(3)),
        sets,
        np.array(draw(st.lists(st.integers(0, len(sets) - 1), min_size=jobs, max_size=jobs)), dtype=np.int32),
        np.array(after, dtype=np.int64),
        column(draw, jobs),
        ran_on if any(ran_on) else None,
        machines=draw(st.lists(machines, max_size=2).map(tuple)),
        start_unix_s=draw(st.none() | st.integers(0, 1 << 40)),
        submits_are_starts=draw(st.booleans()),
        processor_parts=draw(st.sampled_from([1, 1, 1000])),
        waited_s=None if (waited == UNKNOWN).all() else waited,
        left_out=tuple(draw(st.dictionaries(words, st.integers(1, 9), max_size=2)).items()),
        source=draw(words),
        notes=tuple(draw(st.lists(words, max_size=2))),
    )


machines = st.builds(
    Machine,
    words,
    st.integers(1, 1 << 40),
    st.none() | st.integers(1, 99),
    st.none() | st.integers(1, 99),
    st.none() | st.integers(1, 1 << 50),
    st.integers(0, 8),
    st.none() | words,
    st.lists(st.integers(0, 99), max_size=3).map(tuple),
)


def plain(trace):
    """A trace as values that == compares: a label is its text, a set of requirements is itself."""
    found = {}
    for field in dataclasses.fields(Trace):
        value = getattr(trace, field.name)
        if isinstance(value, Labels):
            value = [None if code == UNKNOWN else value.names[code] for code in value.codes.tolist()]
        elif field.name == "ask":
            value = [trace.asks[position] for position in value.tolist()]
        elif isinstance(value, np.ndarray):
            value = value.tolist()
        found[field.name] = value
    del found["asks"]
    found["names"] = list(found["names"])
    return found
