from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from placewise.errors import InputError
from placewise.model.traces.trace import UNKNOWN, Labels, Machine
from placewise.synthesis.traces import synthetic_trace


def test_columns_of_another_length_are_refused():
    trace = synthetic_trace(4, 0)
    for changes in (
        {"runtime_s": np.arange(3)},
        {"user": Labels.none(5)},
        {"names": ("a", "b")},
        {"ran_on": ((1,),)},
        {"waited_s": np.arange(3)},
    ):
        with pytest.raises(InputError, match="another length"):
            replace(trace, **changes)


def test_some_of_the_jobs_keep_what_they_had():
    trace = synthetic_trace(6, 0)
    trace = replace(
        trace,
        names=tuple("abcdef"),
        after=np.array([UNKNOWN, 0, 1, 2, 0, UNKNOWN]),
        think_s=np.array([UNKNOWN, 10, 11, 12, 13, UNKNOWN]),
        ran_on=tuple((row,) for row in range(6)),
        waited_s=np.arange(6),
    )
    some = trace.of(np.array([True, False, True, True, True, False]))
    assert some.names == ("a", "c", "d", "e")
    assert some.runtime_s.tolist() == trace.runtime_s[[0, 2, 3, 4]].tolist()
    # A job whose preceding job is left out has none.
    assert some.after.tolist() == [UNKNOWN, UNKNOWN, 1, 0]
    assert some.think_s.tolist() == [UNKNOWN, UNKNOWN, 12, 13]
    assert (some.ran_on, some.waited_s.tolist()) == (((0,), (2,), (3,), (4,)), [0, 2, 3, 4])
    assert some.user.codes.tolist() == trace.user.codes[[0, 2, 3, 4]].tolist()
    assert len(trace.of(np.zeros(6, dtype=bool))) == 0


def test_the_largest_machine_is_one_cluster():
    trace = synthetic_trace(2, 0)
    assert replace(trace, machines=(Machine("a", 4), Machine("b", 9))).largest_machine == 9
    assert replace(trace, machines=()).largest_machine is None
