"""Laws of checks: what an expectation means, and that what --update writes holds."""

from __future__ import annotations

import contextlib
import random
import re
from pathlib import Path

from drawn_expectations import a_case, changed, written
from hypothesis import given
from hypothesis import strategies as st

from placewise.advice.accepting import accepted
from placewise.advice.checking import Asking, check
from placewise.errors import InputError
from placewise.formats.advice.expectations_editing import edited
from placewise.formats.advice.expectations_file import parse_expectations
from placewise.matching.causes.why_not import why_not
from placewise.matching.deciding import required_job
from placewise.matching.fleet.index import FleetIndex
from placewise.model.advice.expectations import Among, Expectations, Some, These
from placewise.model.requirements.requirement import Requirement
from placewise.model.requirements.requirement import tests_of as parts_of
from placewise.report.words.jobs.checks import broken_lines, change_lines

PATH = Path("expectations.yaml")


def checked(fleet, entries):
    return check(Expectations(PATH, tuple(entries)), Asking(fleet, "fleet"))


def holds_plainly(expected, found, fleet):
    """Whether an entry holds, cluster by cluster, from the answer of `match` alone; because is looked at elsewhere."""
    answers = dict.fromkeys(fleet.names, "no")
    answers |= dict.fromkeys(found.names, "yes")
    answers |= dict.fromkeys([*found.unknown, *(one.cluster for one in found.incomparable)], "unknown")
    match expected.matches:
        case These(clusters):
            for name in (*answers, *clusters):
                wanted = {"yes"} if name in clusters else {"no"}
                if name not in clusters and (expected.any_unknown or name in (expected.unknown or ())):
                    wanted |= {"unknown"}
                if answers.get(name, "gone") not in wanted:
                    return False
        case Some():
            if "yes" not in answers.values():
                return False
        case Among(least, never):
            if any(answers.get(name) != "yes" for name in least) or any(answers.get(name) != "no" for name in never):
                return False
    if expected.unknown is None:
        return True
    undecided = {name for name, answer in answers.items() if answer == "unknown"}
    return set(expected.unknown) == undecided


@given(st.integers(0, 2**32))
def test_an_expectation_of_a_match_holds_where_match_says_so(seed):
    fleet, entries, answers = a_case(random.Random(seed))
    for expected, found, job in zip(entries, answers, checked(fleet, entries).jobs, strict=True):
        assert job.now.matched == found.names
        assert set(job.now.undecided) == {*found.unknown, *(one.cluster for one in found.incomparable)}
        broken = [one for one in job.broken if one.key != "because"]
        assert (not broken) == holds_plainly(expected, found, fleet)
        assert len(broken_lines(job)) == len(job.broken)
        assert all("\n" not in line for line in broken_lines(job))


@given(st.integers(0, 2**32))
def test_because_names_a_cause_of_every_cluster_and_no_more(seed):
    fleet, entries, _ = a_case(random.Random(seed))
    index = FleetIndex(fleet)
    for expected, job in zip(entries, checked(fleet, entries).jobs, strict=True):
        if not expected.because:
            continue
        requirement = Requirement.parse(expected.require)
        answer = why_not(index, required_job([requirement]))
        sure = set(fleet.names) - set(job.now.matched) - set(job.now.undecided)
        # A cluster may fail by what a requirement on it asks about; where all are met apart, by any of them together.
        every = {test.subsystem for test in parts_of(requirement)}
        asked = {name: every | {"together"} if name in answer.scattered else {"resources"} for name in sure}
        for blocked in answer.blocked:
            for name in sure & set(blocked.clusters):
                asked[name] |= {test.subsystem for test in parts_of(blocked.requirement)}
        for name in sure:
            assert set(job.now.causes[name]) <= asked[name]
            assert job.now.causes[name]
        holds = all(set(expected.because) & set(causes) for causes in job.now.causes.values())
        holds &= set(expected.because) <= {cause for causes in job.now.causes.values() for cause in causes}
        assert holds == ("because" not in [one.key for one in job.broken])


@given(st.integers(0, 2**32))
def test_what_an_update_writes_holds_and_the_rest_of_the_file_stays(seed):
    draw = random.Random(seed)
    fleet, entries, _ = a_case(draw)
    if not entries:
        return
    text = written(draw, entries)
    before = parse_expectations(text, PATH)
    assert before.jobs == entries
    found = check(before, Asking(fleet, "fleet"))
    jobs = accepted(found)
    new = edited(text, before, jobs)
    after = parse_expectations(new, PATH)
    assert after.jobs == jobs
    assert check(after, Asking(fleet, "fleet")).holds
    # Once more changes nothing, nor does it where all holds.
    assert edited(new, after, accepted(check(after, Asking(fleet, "fleet")))) == new
    assert re.findall("#.*", new) == re.findall("#.*", text)
    assert bool(change_lines(found, jobs)) == (not found.holds)
    for old, now, job in zip(entries, jobs, found.jobs, strict=True):
        assert (old == now) == (not job.broken)
        assert (old.job, old.require) == (now.job, now.require)


@given(st.integers(0, 2**32))
def test_a_changed_file_is_refused_or_can_be_brought_to_hold(seed):
    draw = random.Random(seed)
    fleet, entries, _ = a_case(draw, 3)
    asking = Asking(fleet, "fleet")
    with contextlib.suppress(InputError):
        text = changed(draw, written(draw, entries))
        read = parse_expectations(text, PATH)
        new = edited(text, read, accepted(check(read, asking)))
        assert check(parse_expectations(new, PATH), asking).holds


@given(st.integers(0, 2**32))
def test_a_broken_expectation_more_never_makes_a_check_hold(seed):
    draw = random.Random(seed)
    fleet, entries, _ = a_case(draw)
    before = checked(fleet, entries)
    for job in before.broken:
        place = draw.randrange(len(entries) + 1)
        more = checked(fleet, [*entries[:place], job.expected, *entries[place:]])
        assert not more.holds
        assert len(more.broken) == len(before.broken) + 1
