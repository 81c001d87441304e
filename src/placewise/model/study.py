"""What is told of a build, and what decides its success, as data."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields

from placewise.errors import InputError
from placewise.model.builds import BuildRecords

COLUMNS = tuple(field.name for field in fields(BuildRecords))
WITH_REPLACEMENT = "constraint-with-replacement"
WITHOUT_REPLACEMENT = "constraint-without-replacement"
# What a results folder holds under these names beside the levels of a study.
RESERVED = (WITH_REPLACEMENT, WITHOUT_REPLACEMENT, "unmatched_at")
TEXT_COLUMNS = ("names", "packages", "arch", "compiler", "compiler_version")


@dataclass(frozen=True, slots=True)
class FieldForm:
    """How one field of a vertex must relate to columns of the build records.

    equals, at_least, at_most : names of columns; bounds on a text column are versions, on others numbers.
    at_most_factor : the column of `at_most` is taken so many times.
    """

    field: str
    equals: str | None = None
    at_least: str | None = None
    at_most: str | None = None
    at_most_factor: float = 1.0

    def __post_init__(self) -> None:
        used = [name for name in (self.equals, self.at_least, self.at_most) if name is not None]
        if not used or (self.equals is not None and len(used) > 1):
            raise InputError(
                f"the field {self.field!r} is not compared in one way", expected="equals, or at_least and at_most"
            )
        for name in used:
            if name not in COLUMNS:
                raise InputError("no such column of build records", found=name, expected=f"one of {', '.join(COLUMNS)}")
        if len({name in TEXT_COLUMNS for name in used}) > 1:
            raise InputError(f"the bounds of {self.field!r} are of different kinds", found=used)
        if self.equals is not None and self.equals not in TEXT_COLUMNS:
            raise InputError("equality is for text columns", found=self.equals, expected=", ".join(TEXT_COLUMNS))
        if not 0 < self.at_most_factor < math.inf:
            expected = "a finite number above 0"
            raise InputError("at_most_factor is not usable", found=self.at_most_factor, expected=expected)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the field is compared with."""
        return tuple(name for name in (self.equals, self.at_least, self.at_most) if name is not None)


@dataclass(frozen=True, slots=True)
class Form:
    """A subsystem and a form of condition on it: what is asked of one vertex, for each build."""

    name: str
    subsystem: str
    fields: tuple[FieldForm, ...]

    def __post_init__(self) -> None:
        if not self.fields:
            raise InputError(f"the form {self.name!r} asks for nothing", expected="at least one field")


@dataclass(frozen=True, slots=True)
class Rule:
    """An outcome rule: the build fails, for the reason `name`, on a cluster that does not meet the form.

    published : the form that the prior work's code tested instead, where it differs.
    """

    name: str
    form: Form
    published: Form | None = None


@dataclass(frozen=True, slots=True)
class Level:
    """A named choice of forms that are told together."""

    name: str
    told: tuple[Form, ...]

    def __post_init__(self) -> None:
        if self.name in RESERVED:
            raise InputError("the name is not free for a level", found=self.name, expected="another name")


@dataclass(frozen=True, slots=True)
class BuildStudy:
    """What to tell in which combinations, and what decides success.

    levels : in the order of the report. expanding : the forms told one after the other, in the given order.
    everything : the forms told before the cheapest cluster is chosen.
    """

    rules: tuple[Rule, ...]
    levels: tuple[Level, ...]
    expanding: tuple[Form, ...]
    everything: tuple[Form, ...]

    def __post_init__(self) -> None:
        if not self.rules:
            raise InputError("the study has no outcome rules", expected="at least one")
        for what, names in (
            ("rules", [rule.name for rule in self.rules]),
            ("levels", [level.name for level in self.levels]),
            ("forms told one after the other", [form.name for form in self.expanding]),
        ):
            if len(set(names)) != len(names):
                twice = next(name for name in names if names.count(name) > 1)
                raise InputError(f"two {what} share a name", found=twice)
        if len(self.rules) > MOST_RULES:
            raise InputError("too many outcome rules", found=len(self.rules), expected=f"at most {MOST_RULES}")

    @property
    def forms(self) -> dict[str, Form]:
        """Every form that is told somewhere, by name."""
        told = [form for level in self.levels for form in level.told]
        return {form.name: form for form in (*told, *self.expanding, *self.everything)}

    def chosen(self, names: Sequence[str]) -> tuple[Form, ...]:
        """Return the forms of these names, each once. Raises InputError for one that the study does not tell."""
        forms = self.forms
        for name in names:
            if name not in forms:
                raise InputError("the study tells no such form", found=name, expected=f"some of {', '.join(forms)}")
        return tuple(forms[name] for name in dict.fromkeys(names))


MOST_RULES = 8
"""Failures are counted for every combination of rules, of which there are two to this power."""
