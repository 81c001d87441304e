"""Expectations that do not hold: as lines for people, as commands by which GitHub annotates files, as JUnit's XML."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from placewise.model.advice.check import Check, CheckedJob
from placewise.report.words.jobs.checks import broken_lines, verdict

_NAME = "placewise check"
# What XML 1.0 has no way to write, what breaks lines, and what turns the direction of a text.
_NOT_IN_XML = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


def check_lines(checks: Sequence[Check]) -> list[str]:
    """Return a line for each thing that does not hold, and what each file comes to."""
    found = []
    for one in checks:
        for job in one.broken:
            where = f"{one.file}:{job.expected.line()}: {job.expected.name}"
            found += [f"{where}: {line}" for line in broken_lines(job)]
        found.append(f"{one.file}: {verdict(one)}")
    return found


def github_lines(checks: Sequence[Check]) -> list[str]:
    """Return a workflow command for each thing that does not hold, which GitHub shows at its line of the file.

    https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands has the format; what has a meaning
    in it is written as %XX, as GitHub's own toolkit does.
    """
    found = []
    for one in checks:
        for job in one.broken:
            for broken, line in zip(job.broken, broken_lines(job), strict=True):
                at = {"file": one.file, "line": str(job.expected.line(broken.key)), "title": job.expected.name}
                said = ",".join(f"{key}={_property(value)}" for key, value in at.items())
                found.append(f"::error {said}::{_message(f'{job.expected.name}: {line}')}")
    return found


def _message(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")


def junit_text(checks: Sequence[Check]) -> str:
    """Return JUnit's XML: a suite a file, a case an entry; with the attributes that all readers of it know."""
    cases, wrong = sum(len(one.jobs) for one in checks), sum(len(one.broken) for one in checks)
    root = ET.Element("testsuites", name=_NAME, tests=str(cases), failures=str(wrong), errors="0")
    for check in checks:
        counts = {
            "name": _xml(check.file),
            "tests": str(len(check.jobs)),
            "failures": str(len(check.broken)),
            "errors": "0",
            "skipped": "0",
        }
        suite = ET.SubElement(root, "testsuite", counts)
        for number, job in enumerate(check.jobs, 1):
            _case(suite, check, number, job)
    ET.indent(root, " ")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _case(suite: ET.Element, check: Check, number: int, job: CheckedJob) -> None:
    # Two entries may be of one job, and a case has a name of its own.
    name = f"{number} {job.expected.name}"
    case = ET.SubElement(suite, "testcase", name=_xml(name), classname=_xml(check.file), time="0")
    if job.broken:
        lines = [_xml(line) for line in broken_lines(job)]
        failure = ET.SubElement(case, "failure", message=lines[0], type=job.broken[0].key)
        failure.text = "\n".join([*lines, _xml(f"{check.file}:{job.expected.line()}")])


def _xml(text: str) -> str:
    return _NOT_IN_XML.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)
