"""What an agent runs for a job: a command line with places for what the job says.

The command line is split into words as a shell does (`shlex`), once, and then run without a shell. In its words

    {command}  stands for the job's command as one text, its words quoted for a shell where they need it;
    {jobspec}  for the path of a file that holds the jobspec while the command runs;
    {id}       for the job's id, and {name} for its name.

Where none of them is used, the words of the job's command are appended. So

    flux submit                          runs: flux submit WORD WORD ...
    sbatch --job-name={name} --wrap {command}
    sh -c {command}                      one argument, which sh splits again

A name and a path that are a whole word, or the value in a word such as --job-name={name}, stand as they are. Inside
any other text they are quoted for a shell, since such a word is most likely a script, and names come from strangers.
"""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Mapping

from placewise.errors import InputError

JOBSPEC = "{jobspec}"
_COMMAND = "{command}"
_PLACE = re.compile(r"\{(?:command|jobspec|id|name)\}")
_VALUE = re.compile(r"(?:--[\w-]+=)?(\{(?:jobspec|id|name)\})")


def parse_template(text: str) -> tuple[str, ...]:
    """Return the words of a command line. Raises InputError for none, open quotes, or a program that is not there."""
    try:
        words = tuple(shlex.split(text))
    except ValueError as error:
        raise InputError(f"cannot be split into words: {error}", place="--exec", found=text) from error
    if not words:
        raise InputError("is empty", place="--exec", found=text, expected="a command line, such as: flux submit")
    if shutil.which(words[0]) is None:
        raise InputError(
            "there is no such program", place="--exec", found=words[0], expected="a program that can be run"
        )
    return words


def needs_command(template: tuple[str, ...]) -> bool:
    """Whether a job without a command would leave the command line incomplete."""
    return any(_COMMAND in word for word in template) or not any(map(_PLACE.search, template))


def fill_in(template: tuple[str, ...], command: tuple[str, ...], values: Mapping[str, str]) -> list[str]:
    """Return the words to run for a job.

    command : the job's. values : what replaces ``{jobspec}``, ``{id}`` and ``{name}``.
    """
    if not any(map(_PLACE.search, template)):
        return [*template, *command]
    return [_filled(word, shlex.join(command), values) for word in template]


def _filled(word: str, command: str, values: Mapping[str, str]) -> str:
    if value := _VALUE.fullmatch(word):
        return word.removesuffix(value[1]) + values[value[1]]
    return _PLACE.sub(lambda place: command if place[0] == _COMMAND else shlex.quote(values[place[0]]), word)
