"""What was acknowledged is there after the server was killed: once, and in a state that it can be in."""

import pytest
from crashing import crash


@pytest.mark.parametrize(
    ("kind", "kills"),
    [
        ("sqlite", 1),
        pytest.param("sqlite", 4, marks=pytest.mark.slow),
        pytest.param("postgresql", 2, marks=pytest.mark.slow),
    ],
)
def test_nothing_acknowledged_is_lost_or_doubled(request, tmp_path, kind, kills):
    database = request.getfixturevalue("postgresql_url") if kind == "postgresql" else None
    tally = crash(tmp_path, kills, seed=kills, database=database)
    assert not tally.wrong
    assert (tally.kills, tally.lost, tally.doubled) == (kills, 0, 0)
    assert min(tally.submitted, tally.accepted) > 5 * kills, "there was no load to speak of"
