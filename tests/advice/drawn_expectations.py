"""Random files of expectations about small random fleets: true, false, and of clusters that are not there."""

from __future__ import annotations

import random

from random_questions import NAMES, a_fleet, an_expression

from placewise.errors import InputError
from placewise.formats.advice.expectations_file import said
from placewise.formats.yaml_writing import yaml_text
from placewise.matching.deciding import required_job
from placewise.matching.fleet.index import FleetIndex
from placewise.matching.match import match
from placewise.model.advice.expectations import Among, Expectation, Some, These
from placewise.model.requirements.requirement import Requirement


def a_case(draw: random.Random, entries: int = 4):
    """A fleet, what is expected of it, and the answer of `match` to each entry."""
    fleet = a_fleet(draw)
    index = FleetIndex(fleet)
    found, answers = [], []
    for _ in range(10 * entries):
        expression = an_expression(draw, 2)
        line = str(expression)
        try:
            if Requirement.parse(line) != expression:
                continue
            answers.append(match(index, required_job([expression])))
        except InputError:
            continue
        found.append(an_expectation(draw, line, fleet.names))
        if len(found) == entries:
            break
    return fleet, tuple(found), answers


def an_expectation(draw, line, names):
    known = [*names, "gone", "c00"]

    def some(least):
        return tuple(draw.sample(known, draw.randint(least, min(3, len(known)))))

    least = some(0)
    never = tuple(name for name in some(0) if name not in least)
    among = Among(least, never) if least or never else Some()
    matches = draw.choice([None, These(()), These(some(1)), Some(), among])
    unknown = draw.choice([None, None, (), some(1)])
    because = tuple(draw.sample([*NAMES, "resources", "nonsense"], draw.choice([0, 0, 1, 2])))
    any_unknown = unknown is None and draw.random() < 0.2
    if matches is None and unknown is None and not because and not any_unknown:
        matches = Some()
    return Expectation("", line, matches, unknown, any_unknown, because)


def written(draw, expectations):
    """A file of expectations in a style of somebody's: block or flow, with comments, quotes and blank lines."""
    lines = ["# ours", "fleet: fleet", draw.choice(["jobs:", "jobs:  # these"])]
    indent = draw.choice(["", "  ", "    "])
    for number, one in enumerate(expectations):
        pairs = [("require", one.require), *said(one).items()]
        draw.shuffle(pairs)
        if draw.random() < 0.2:
            inner = ", ".join(f"{key}: {yaml_text(value, inline=True)}" for key, value in pairs)
            lines.append(f"{indent}- {{{inner}}}  # entry {number}")
            continue
        lead = f"{indent}- "
        for key, value in pairs:
            if isinstance(value, list) and value and draw.random() < 0.4:
                lines.append(f"{lead}{key}:")
                lead = f"{indent}  "
                deeper = lead + draw.choice(["", "  "])
                lines += [f"{deeper}- {yaml_text(item, inline=True)}" for item in value]
            else:
                text = yaml_text(value, inline=True)
                lines.append(f"{lead}{key}: {text}" + (f"  # entry {number}" if key == "require" else ""))
                lead = f"{indent}  "
        lines += draw.choice([[], [""], [f"{indent}# between"]])
    return "\n".join(lines) + draw.choice(["\n", ""])


PIECES = (
    *("&a ", "*a", "<<: ", "!!set ", "!!omap ", "!!binary ", "|-\n", " >\n", "'", '"', "{", "}", "[", "]", ",", ":"),
    *("- ", "#", "\n", "\r\n", "\t", "~", "null", "none", "some", "any", "1.5", "\u2028", "\x85", "? ", "---\n"),
    *("...\n", "%YAML 1.2\n", "\ufeff", "\x00", " "),
)


def changed(draw, text):
    """A text with something cut out, put in, or said again elsewhere."""
    for _ in range(draw.choice([1, 1, 2, 4])):
        at, kind = draw.randrange(len(text) + 1), draw.random()
        if kind < 0.3:
            text = text[:at] + text[at + draw.randint(1, 5) :]
        elif kind < 0.8:
            text = text[:at] + draw.choice(PIECES) + text[at:]
        else:
            start = draw.randrange(len(text) + 1)
            text = text[:at] + text[start : start + draw.randint(1, 30)] + text[at:]
    return text
