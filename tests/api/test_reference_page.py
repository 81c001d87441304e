"""The reference page says what the docstrings say; CONTRIBUTING has the command that makes it anew."""

import inspect
import re
from pathlib import Path

import pytest

import placewise as pw

PAGE = Path(__file__).parents[2] / "docs" / "reference.md"


def words(text):
    return re.findall(r"\w+", text)


def sections():
    """The words of each section of the page, by the name that its heading gives in backquotes."""
    found, name = {}, None
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        heading = re.fullmatch(r"#+ `placewise\.([\w.]+)`", line)
        if heading:
            name = heading[1]
            found[name] = []
        elif name is not None:
            found[name] += words(line)
    return found


@pytest.mark.parametrize("name", pw.__all__)
def test_every_public_name_has_its_docstring_there(name):
    page, named = sections(), getattr(pw, name)
    assert page[name], "a name without a section"
    summary = inspect.getdoc(named).partition("\n\n")[0]
    assert " ".join(words(summary)) in " ".join(page[name])
    for member, value in vars(named).items() if inspect.isclass(named) else ():
        if not member.startswith("_") and inspect.isroutine(value):
            summary = inspect.getdoc(value).partition("\n\n")[0]
            assert " ".join(words(summary)) in " ".join(page[f"{name}.{member}"])


def test_no_other_name_is_there():
    assert {name.partition(".")[0] for name in sections()} == set(pw.__all__)
