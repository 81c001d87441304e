"""Numbers of what was held out."""

import numpy as np

from placewise.model.results.held_out import HeldOut, HeldOutCurve
from placewise.report.data.studies.held_out import between


def test_shares_that_differ_by_rounding_do_not_differ():
    shares = {"value": [[0.1 + 0.2], [0.5], [0.7]], "greedy": [[0.3], [0.5], [0.1 + 0.2 + 0.4 - 1e-16]]}
    curves = tuple(HeldOutCurve("fleet", name, np.array(share)) for name, share in shares.items())
    assert curves[0].share[0] != curves[1].share[0]
    for one, other in (("value", "greedy"), ("greedy", "value")):
        found = between(HeldOut(0.9, (1,), (), curves), "fleet", 1, one, other)
        assert (str(found.low), str(found.high)) == ("0.0", "0.0")


def test_shares_that_differ_do():
    curves = tuple(
        HeldOutCurve("fleet", name, np.array([[share], [share]])) for name, share in (("value", 0.75), ("greedy", 0.5))
    )
    assert between(HeldOut(0.9, (1,), (), curves), "fleet", 1, "value", "greedy").low == 0.25
