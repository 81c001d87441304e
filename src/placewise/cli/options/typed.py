"""Options as they were typed, for errors about their values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from placewise.errors import InputError


def name_option(error: InputError, parameters: Sequence[Any], words: Sequence[str]) -> None:
    """Give an error about the value of an option the option as its place, in the spelling that was typed.

    What notices a wrong value may be far from the command line, and know no option: the error then has no file and no
    place, and the text that it found is that of one option.
    """
    if error.file is not None:
        return
    options = {spelling: one for one in parameters if _takes_value(one) for spelling in one.opts}
    typed = list(_typed(words, options))
    if error.place in options:
        same = [spelling for spelling, _ in typed if options[spelling] is options[error.place]]
        error.place = same[0] if same else error.place
    elif error.place is None and type(error.found) is str and not error.problem.startswith("--"):
        # Of a list, such as of names or of CLUSTER=POLICY, one part is found.
        holders = {spelling for spelling, text in typed if error.found in (text, *map(str.strip, _PARTS.split(text)))}
        error.place = holders.pop() if len(holders) == 1 else None


_PARTS = re.compile("[,=]")


def _takes_value(parameter: Any) -> bool:
    return parameter.param_type_name == "option" and not parameter.is_flag


def _typed(words: Sequence[str], options: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for word, following in pairwise((*words, "")):
        spelling, equals, text = word.partition("=")
        if word in options:
            yield word, following
        elif equals and spelling in options:
            yield spelling, text
