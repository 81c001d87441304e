from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placewise.errors import InputError
from placewise.formats.notations.slurm_constraint import parse_slurm_constraint
from placewise.model.requirements.requirement import Requirement


def line(text):
    return Requirement.parse(text)


A, B, C = (f"property{{name={name}}}" for name in "abc")


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("a", A),
        ("a&b", f"{A} and {B}"),
        ("a,b", f"{A} and {B}"),
        ("a|b", f"{A} or {B}"),
        ("(a|b)&c", f"({A} or {B}) and {C}"),
        ("[a|b]", f"{A} or {B}"),
        # From left to right.
        ("a|b&c", f"({A} or {B}) and {C}"),
        ("a&b|c", f"({A} and {B}) or {C}"),
        ("a|(b&c)", f"{A} or ({B} and {C})"),
        ("a*4&b", f"{A} and {B}"),
        ("!a", f"not {A}"),
        ("b&!(a|c)", f"{B} and not ({A} or {C})"),
        (" a & b ", f"{A} and {B}"),
    ],
)
def test_it_means_what_sbatch_means(text, meaning):
    assert parse_slurm_constraint(text) == line(meaning)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "&",
        "a&",
        "(a",
        "a)",
        "(a]",
        "a b",
        "a||b",
        "()",
        "!",
        "a!b",
        "é",
        "a" * 20_000,
        "(" * 9_000,
        "&".join("ab" * 4000),
    ],
)
def test_what_is_none_is_refused(text):
    with pytest.raises(InputError):
        parse_slurm_constraint(text)


@given(st.text("ab&|,()[]!*4 ", max_size=20))
def test_any_text_is_read_or_refused(text):
    try:
        parse_slurm_constraint(text)
    except InputError:
        return
    assert set(text) & set("ab4")
