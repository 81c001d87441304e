"""What an interval is called in headings and sentences."""

import pytest

from placewise.model.results.worth import Interval
from placewise.report.words.intervals import interval_heading


@pytest.mark.parametrize(
    ("over", "varied", "level", "heading"),
    [
        ("1,000 resamples of 13 root packages", "root package", 0.95, "95 % over root packages"),
        ("20 fleets, paired by number", "fleet", 1.0, "range over fleets"),
        # The heading is of what was varied, however the text is worded.
        ("6 weeks drawn again, 2,000 times", "week", 0.95, "95 % over weeks"),
        ("what an older file says", None, 0.9, "90 % over what an older file says"),
    ],
)
def test_a_heading_names_what_was_varied(over, varied, level, heading):
    assert interval_heading(Interval(0.0, 1.0, over, level, varied)) == heading
