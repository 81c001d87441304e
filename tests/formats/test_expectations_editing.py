"""Files of expectations edited in place: what changes, and what stays as somebody wrote it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from placewise.errors import InputError
from placewise.formats.advice.expectations_editing import edited
from placewise.formats.advice.expectations_file import parse_expectations, said, wait_text
from placewise.model.advice.expectations import Among, Some, These
from placewise.model.durations import seconds_of

PATH = Path("expectations.yaml")

CASES = {
    "a flow list": (
        "jobs:\n- job: a   # one\n  matches: [x,   y]   # two\n",
        {"matches": These(("y",))},
        "jobs:\n- job: a   # one\n  matches: [y]   # two\n",
    ),
    "a word in place of a flow list": (
        "jobs: [{job: a, matches: [x]}]",
        {"matches": These(())},
        "jobs: [{job: a, matches: none}]\n",
    ),
    "a word in place of a block list": (
        "jobs:\n- job: a\n  matches:  # these\n  - x  # x\n  - y\n  because: [z]\n",
        {"matches": These(())},
        "jobs:\n- job: a\n  matches: none  # these\n  because: [z]\n",
    ),
    "items of a block list": (
        "jobs:\n- matches:\n    - x  # x\n    - 'y'  # y\n    - z\n  job: a\n# end\n",
        {"matches": These(("y", "w", "v"))},
        "jobs:\n- matches:\n    - 'y'  # y\n    - w\n    - v\n  job: a\n# end\n",
    ),
    "a key more": (
        "jobs:\n  - job: a\n    matches: some  # any\n\n  # next\n  - {job: b, matches: none}\n",
        {"unknown": ("x",)},
        "jobs:\n  - job: a\n    matches: some  # any\n    unknown: [x]\n\n  # next\n  - {job: b, matches: none}\n",
    ),
    "a key more in a flow": (
        "jobs:\n- {job: a, matches: none,\n   }  # x\n",
        {"unknown": ("x",)},
        "jobs:\n- {job: a, matches: none, unknown: [x],\n   }  # x\n",
    ),
    "a key less": (
        "jobs:\n- job: a\n  because:  # why\n  - x\n  matches: none\n",
        {"because": ()},
        "jobs:\n- job: a\n  matches: none\n",
    ),
    "the first key less": (
        "jobs:\n- because: [x]\n  matches: none\n  job: a\n",
        {"because": ()},
        "jobs:\n- matches: none\n  job: a\n",
    ),
    "the first two keys less": (
        "jobs:\n- because: [x]\n  unknown: []\n  # and\n  matches: none\n  job: a\n",
        {"because": (), "unknown": None},
        "jobs:\n- \n  # and\n  matches: none\n  job: a\n",
    ),
    "the last key of a flow less": (
        "jobs: [{job: a, matches: none, because: [x]}]\n",
        {"because": ()},
        "jobs: [{job: a, matches: none}]\n",
    ),
    "bounds": (
        "jobs:\n- job: a\n  matches: {at_least: [x, y], not: [z]}\n  success_at_least: 0.90\n  starts_within: 2h\n",
        {"matches": Among(("x",)), "success_at_least": 0.25, "starts_within_s": 5400.0},
        "jobs:\n- job: a\n  matches: {at_least: [x]}\n  success_at_least: 0.25\n  starts_within: 90m\n",
    ),
    "bounds in block": (
        "jobs:\n- job: a\n  matches:\n    at_least:\n    - x\n    not: [z]\n",
        {"matches": Among((), ("z",))},
        "jobs:\n- job: a\n  matches: {not: [z]}\n",
    ),
    "a block scalar": (
        "jobs:\n- matches: none\n  require: |-\n    gpu\n- {job: b, matches: some}\n",
        {"unknown": ("x",)},
        "jobs:\n- matches: none\n  require: |-\n    gpu\n  unknown: [x]\n- {job: b, matches: some}\n",
    ),
    "carriage returns": (
        "jobs:\r\n- job: a\r\n  matches:\r\n  - x\r\n  - y\r\n",
        {"matches": These(("y", "z")), "unknown": ("u",)},
        "jobs:\r\n- job: a\r\n  matches:\r\n  - y\r\n  - z\r\n  unknown: [u]\r\n",
    ),
    "JSON": (
        '{"jobs": [{"job": "a", "matches": ["x"]}]}',
        {"matches": These(("x", "true")), "unknown": ("y",)},
        '{"jobs": [{"job": "a", "matches": ["x", "true"], "unknown": ["y"]}]}\n',
    ),
    "names that other readers take for something else": (
        "jobs:\n- job: a\n  matches: [x]\n",
        {"matches": These(("true", "12", "1.10", "none", "a b", "\u00e4", "- x", "#"))},
        'jobs:\n- job: a\n  matches: [\'true\', "12", "1.10", none, "a b", "\u00e4", "- x", "#"]\n',
    ),
    "what is no ASCII before it": (
        "# \u00e4\U0001f600\u2028\njobs:\n- job: \U0001f600\n  matches: [x]  # \u00e4\n",
        {"matches": Some()},
        "# \u00e4\U0001f600\u2028\njobs:\n- job: \U0001f600\n  matches: some  # \u00e4\n",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_said_otherwise_changes_and_the_rest_stays(case):
    text, changes, expected = CASES[case]
    before = parse_expectations(text, PATH)
    wanted = (replace(before.jobs[0], **changes), *before.jobs[1:])
    assert wanted != before.jobs
    found = edited(text, before, wanted)
    assert found == expected
    assert parse_expectations(found, PATH).jobs == wanted


def test_nothing_to_change_changes_nothing():
    for text, _, _ in CASES.values():
        before = parse_expectations(text, PATH)
        assert edited(text, before, before.jobs).rstrip("\n") == text.rstrip("\n")


@pytest.mark.parametrize(
    "text",
    [
        "jobs:\n- &a {job: a, matches: [x]}\n- *a\n",
        "jobs:\n- {job: b, matches: &m [x]}\n- {job: a, matches: *m}\n",
        "jobs:\n- &a {job: a, matches: [x]}\n- {<<: *a, because: [y]}\n",
    ],
)
def test_what_stands_in_two_places_at_once_is_refused(text):
    before = parse_expectations(text, PATH)
    with pytest.raises(InputError, match="cannot be updated in place"):
        edited(text, before, (replace(before.jobs[0], matches=These(("y",))), *before.jobs[1:]))


@pytest.mark.parametrize("seconds", [0, 1, 59, 60, 5400, 7200, 0.5, 86400, 90061])
def test_a_wait_is_written_exactly(seconds):
    assert seconds_of(wait_text(seconds)) == seconds


def test_an_entry_says_what_it_was_read_from():
    text = (
        "jobs:\n- {job: a, matches: {not: [x]}, unknown: any, because: [y], success_at_least: 1, starts_within: 2h}\n"
    )
    (entry,) = parse_expectations(text, PATH).jobs
    assert said(entry) == {
        "matches": {"not": ["x"]},
        "unknown": "any",
        "because": ["y"],
        "success_at_least": 1.0,
        "starts_within": "2h",
    }
    assert entry.line("because") == 2
