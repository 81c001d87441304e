"""The options that batch scripts hold in comments, such as ``#SBATCH --nodes=2`` and ``#PBS -l select=2``."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping

from placewise.errors import InputError

MOST_OPTIONS = 1000


def is_script_of(text: str, directive: str) -> bool:
    """Whether a script has options behind this word."""
    return re.search(rf"^{directive}\s+-", text, re.MULTILINE) is not None


def options_in(
    text: str, directive: str, short: Mapping[str, str], flags: frozenset[str]
) -> Iterator[tuple[str, str, str]]:
    """Yield the long name, the value, and the place of each option before the first command, as schedulers read them.

    short : long names by letter. flags : names of options without a value. The commands of the script are not looked
    at. Raises InputError for words that are no options.
    """
    found = 0
    for number, line in enumerate(text.split("\n"), 1):
        bare = line.strip()
        if not bare.startswith(directive):
            if bare and not bare.startswith("#"):
                return
            continue
        place = f"line {number}"
        try:
            words = shlex.split(bare[len(directive) :], comments=True)
        except ValueError as error:
            raise InputError(f"is not a line of options: {error}", place=place, found=bare) from error
        while words:
            found += 1
            if found > MOST_OPTIONS:
                raise InputError("holds too many options", place=place, expected=f"at most {MOST_OPTIONS}")
            yield (*_next(words, short, flags, place), place)


def _next(words: list[str], short: Mapping[str, str], flags: frozenset[str], place: str) -> tuple[str, str]:
    word = words.pop(0)
    if word.startswith("--") and len(word) > 2:
        name, sign, value = word[2:].partition("=")
        if not sign and name not in flags and words and not words[0].startswith("-"):
            value = words.pop(0)
        return name, value
    if word.startswith("-") and len(word) > 1:
        name, value = short.get(word[1], word[:2]), word[2:].removeprefix("=")
        if not value and name not in flags and words and not words[0].startswith("-"):
            value = words.pop(0)
        return name, value
    raise InputError("is not an option", place=place, found=word, expected="such as --nodes=2")
