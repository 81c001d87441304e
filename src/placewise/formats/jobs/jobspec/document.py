"""What the dialects share: keys that are known, the version, tasks and their command."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, NamedTuple

from placewise.errors import InputError
from placewise.formats.requirements.reading import Reading
from placewise.formats.values import known_keys, mapping, sequence
from placewise.model.jobs.job import Job

TOP_LEVEL = ("version", "name", "resources", "task", "tasks", "attributes")


class Dialect(NamedTuple):
    """One way of writing a job down.

    detect : whether a mapping is meant as this dialect, judged by its shape alone.
    parse : the job of such a mapping, read in one way; the text is the job's name if the mapping gives none.
    write : the mapping of a job; raises InputError for what the dialect cannot express.
    """

    detect: Callable[[dict[str, Any]], bool]
    parse: Callable[[dict[str, Any], str, Reading], Job]
    write: Callable[[Job], dict[str, Any]]


def check_top_level(document: dict[str, Any], versions: range, more: Collection[str] = ()) -> None:
    """Raise InputError for a key at the top that is neither usual nor one of some more, or another version."""
    known_keys(document, (*TOP_LEVEL, *more), "jobspec")
    version = document.get("version")
    if isinstance(version, bool) or not isinstance(version, int) or version not in versions:
        expected = f"version: {versions[0]}" + (f" to {versions[-1]}" if len(versions) > 1 else "")
        raise InputError("is not a known version of jobspec", place="version", found=version, expected=expected)


def own_name(document: dict[str, Any], otherwise: str) -> str:
    """Return the name at the top of a document, or the other one. Raises InputError for a name that is no text."""
    name = document.get("name", otherwise)
    if not isinstance(name, str):
        raise InputError("the name is not text", place="name", found=name, expected="text (quote it)")
    return name


def tasks_of(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return (place, task) pairs from the list `tasks` or the single `task`. Raises InputError when both are there."""
    if "task" in document and "tasks" in document:
        raise InputError("task and tasks are both given", place="jobspec", expected="one of them")
    if "task" in document:
        return [("task", mapping(document["task"], "task"))]
    listed = sequence(document.get("tasks", []), "tasks")
    return [(f"tasks[{number}]", mapping(task, f"tasks[{number}]")) for number, task in enumerate(listed)]


def command_of(tasks: list[tuple[str, dict[str, Any]]]) -> tuple[str, ...]:
    """Return the command of the first task, empty when there is none; text alone is a command of one word.

    Raises InputError when any task's command is neither text nor a list of texts.
    """
    commands = [_command(task["command"], f"{place}.command") for place, task in tasks if "command" in task]
    return commands[0] if commands and "command" in tasks[0][1] else ()


def _command(value: Any, place: str) -> tuple[str, ...]:
    words = [value] if isinstance(value, str) else sequence(value, place)
    if not words or words == [""]:
        raise InputError("the command is empty", place=place, expected="text or a list of texts")
    return tuple(_word(word, f"{place}[{number}]") for number, word in enumerate(words))


def _word(value: Any, place: str) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise InputError("is not text", place=place, found=value, expected="text (quote it)")
    return value
