import io

import pytest
from rich.console import Console

from placewise.matching.why_not import Blocked, NearMiss, WhyNot
from placewise.model.requirement import version_requirement
from placewise.report.data.explanation import explanation_document
from placewise.report.terminal.explanation import print_explanation

GCC = version_requirement("gcc", "12", None)
LONG = [f"partition-of-the-{number}-machines-in-the-north-hall" for number in range(30)]


def answer(*, matched=(), blocked=(), near=(), scattered=(), small=(), unknown=(), job="solver"):
    return WhyNot(job, 40, matched, blocked, near, scattered, small, unknown)


def printed(explained, *, terminal=False, width=40):
    out = io.StringIO()
    # The colours that a highlight would bring show in what is written.
    system = "standard" if terminal else None
    console = Console(file=out, width=width, force_terminal=terminal, color_system=system, _environ={})
    print_explanation(explained, console)
    return out.getvalue()


@pytest.mark.parametrize("terminal", [False, True])
def test_names_are_printed_as_they_are(terminal):
    odd = ":smile:", "[red]x", "c:warning:12", "[/]"
    explained = answer(
        job=":bug:[b]7",
        matched=odd,
        near=tuple(NearMiss(name, GCC, f"version {name}") for name in odd),
        scattered=odd,
        small=odd,
        unknown=(":smile:",),
    )
    text = printed(explained, terminal=terminal, width=200)
    for name in odd:
        assert text.count(name) >= 5
    assert ":bug:[b]7" in text
    # Bold and italic alone: no digit of a name or a count is coloured.
    assert "\x1b[3" not in text.replace("\x1b[3m", "")
    assert ("\x1b[" in text) == terminal


def test_nothing_is_cut_or_broken_where_nobody_looks():
    names = tuple(LONG)
    explained = answer(
        matched=names,
        blocked=(Blocked(GCC, names, 3),),
        near=tuple(NearMiss(name, GCC, "version 9.4.0, version 10.2.0, version 11.1.0") for name in names),
        scattered=names,
        small=names,
    )
    lines = printed(explained).splitlines()
    for name in names:
        assert len([line for line in lines if name in line]) == 4
    assert not any("more" in line for line in lines)
    assert any(line.split() == ["gcc@12:", "30", "of", "40", "3"] for line in lines)
    assert "Clusters that fail by exactly one" in lines


def test_a_terminal_is_spared_long_lists():
    explained = answer(matched=tuple(LONG), near=tuple(NearMiss(name, GCC, "version 9") for name in LONG))
    text = printed(explained, terminal=True, width=120)
    assert "and 22 more" in text
    assert "and 10 more (--json lists all)" in text
    assert text.count(LONG[0]) == 2
    assert LONG[29] not in text


def test_types_that_no_cluster_has_are_told():
    explained = answer(small=("a", "b"), unknown=("croe", "memory in MB"))
    text = printed(explained)
    assert "no cluster has a resource of type 'croe'\n" in text
    assert "no cluster has a resource of type 'memory in MB'\n" in text
    assert explanation_document(explained)["unknown_types"] == ["croe", "memory in MB"]
    assert "no cluster" not in printed(answer(small=("a", "b")))
