"""Many jobs of one command: read from a file, and their answers printed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from placewise.cli.app import EXIT_FITS_NOWHERE, EXIT_INPUT
from placewise.cli.printing import print_json, print_text, say
from placewise.errors import InputError

if TYPE_CHECKING:
    from placewise.service.client import NotSubmitted, Submission


def json_lines(path: Path) -> dict[str, str]:
    """Return the jobspecs of a file, one a line, by where each stands; ``-`` is standard input.

    All are looked at before any is submitted. Raises InputError for a line that is no JSON object.
    """
    from placewise.formats.reading import parse_json, read_text

    text = read_text(path)
    found = {}
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        place = f"line {number}"
        try:
            document = parse_json(line, path)
        except InputError as error:
            raise error.within(place=place) from None
        if not isinstance(document, dict):
            raise InputError(
                "is not a jobspec", file=path, place=place, found=document, expected="a JSON object on each line"
            )
        found[place] = line.strip()
    if not found:
        raise InputError("has no jobspec", file=path, expected="a JSON object on each line")
    return found


def readable(paths: Iterable[Path]) -> dict[str, Path]:
    """Return files of jobspecs by their names. Raises InputError for one that cannot be sent, before any is."""
    from placewise.service.client.messages.jobspec_texts import text_to_send

    found = {}
    for path in paths:
        if str(path) in found:
            raise InputError("is given twice", file=path)
        text_to_send(path)
        found[str(path)] = path
    return found


def print_answers(answers: Iterable[tuple[str, Submission | NotSubmitted]], *, json: bool) -> int:
    """Print what became of each job, and return the exit code: 2 where one was not kept, 3 where one fits nowhere.

    answers : each with where its job stands.
    """
    from placewise.cli.serving.service_answers import submission_document
    from placewise.service.client import NotSubmitted

    documents: list[dict[str, Any]] = []
    refused = kept_not = False
    for place, one in answers:
        if isinstance(one, NotSubmitted):
            kept_not = True
            document = {"job_id": None, "code": one.code.name, "reason": one.reason}
            line, why = "- -", one.reason
        else:
            refused |= one.cluster is None
            document = submission_document(one)
            line, why = f"{one.job_id} {one.cluster or '-'}", one.reason if one.cluster is None else ""
        if json:
            documents.append({"jobspec": place, **document})
        else:
            print_text(line)
            if why:
                say(f"{place}: {why}")
    if json:
        print_json({"jobs": documents})
    return EXIT_INPUT if kept_not else EXIT_FITS_NOWHERE if refused else 0
