"""How numbers and experiments are written for people."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from placewise.model.results import LevelResult, Results, Score
from placewise.model.study import EXPERIMENTS, WITH_REPLACEMENT, WITHOUT_REPLACEMENT, folder_name

MISSING = "-"
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
NARROW_SPACE = "\N{NARROW NO-BREAK SPACE}"

_LONGEST_NAME = 20
_LONGEST_LABEL = 60
_WORDS = {folder_name(word): word for word in EXPERIMENTS}

EXACT, AT_LEAST = "compiler-version", "compiler-at-least"
"""The forms of the shipped study that ask for the same compiler with one version, or with that or a newer one."""
ENOUGH_MEMORY = "memory"
_FORMS = {EXACT: "compiler + exact version", AT_LEAST: "compiler + version at least"}
_CHOSEN = {WITH_REPLACEMENT: "nodes without limit", WITHOUT_REPLACEMENT: "nodes used up"}
_POLICIES = {"cheapest": "the cheapest", "fastest": "the fastest", "random": "any"}


def experiment_word(name: str) -> str:
    """Return the word for an experiment of a results folder; an unknown name is its own, made fit to be shown."""
    if name in _WORDS:
        return _WORDS[name]
    return shown(name, _LONGEST_NAME)


def shown(name: str, longest: int = _LONGEST_LABEL) -> str:
    """Return a name out of a file fit to be shown: control characters would break an SVG or steer a terminal."""
    text = "".join(c if c.isprintable() else REPLACEMENT for c in name)
    return text if len(text) <= longest else f"{text[: longest - 3]}..."


def form_word(name: str) -> str:
    """Return the words for what is told under a form's name; an unknown name is its own, with spaces."""
    return _FORMS.get(name) or shown(name.replace("-", " ").replace("_", " "))


def told_words(told: Sequence[str]) -> str:
    """Return the words for what a level tells: arch + compiler + exact version."""
    return shown(" + ".join(map(form_word, told))) if told else "nothing"


def is_chosen(level: LevelResult) -> bool:
    """Whether a policy gives each build one of the clusters that match, rather than chance any of them."""
    return level.name in _CHOSEN


def policy_word(results: Results) -> str:
    """Return the words for the policy that chooses when everything is told: the cheapest unless recorded otherwise."""
    settings = results.study.get("settings")
    settings = settings if isinstance(settings, Mapping) else {}
    if settings.get("priorities"):
        return "by priorities"
    name = str(settings.get("choose", "cheapest"))
    return _POLICIES.get(name) or f"by {shown(name, _LONGEST_NAME)}"


def level_word(level: LevelResult, policy: str) -> str:
    """Return the words for a level: what is told, or by which policy a cluster was chosen."""
    chosen = _CHOSEN.get(level.name)
    return f"{policy.removeprefix('the ')}, {chosen}" if chosen else told_words(level.metadata)


def told_at(results: Results, experiment: str) -> str:
    """Return the words for an experiment, or for what is told at a level of build records."""
    level = next((level for level in results.levels if level.name == experiment), None)
    return experiment_word(experiment) if level is None else level_word(level, policy_word(results))


def reason_word(reason: str) -> str:
    """Return the words for a reason of failure: wrong_arch is wrong arch."""
    return shown(reason.replace("_", " "))


def builds(count: int) -> str:
    """Write how many builds."""
    return counted(count, "build")


def in_order(scores: Mapping[str, Score]) -> list[tuple[str, Score]]:
    """List experiments as (name, score): the known ones as they build on each other, then the others."""
    known = [name for name in _WORDS if name in scores]
    return [(name, scores[name]) for name in (*known, *(n for n in scores if n not in _WORDS))]


def share(value: float | None, digits: int = 4, space: str = NARROW_SPACE) -> str:
    """Write a share in percent with so many significant digits: 0.0153550 is 1.536 %."""
    if value is None or math.isnan(value):
        return MISSING
    return f"{_significant(100 * value, digits)}{space}%"


def number(value: float | None, digits: int = 4) -> str:
    """Write a number with thousands separators: whole if it is, else with so many significant digits."""
    if value is None or math.isnan(value):
        return MISSING
    if value == int(value):
        return f"{int(value):,}"
    return _significant(value, digits)


def counted(count: int, noun: str) -> str:
    """Write how many of something there are, in the singular or the plural."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def jobs(count: int) -> str:
    """Write how many jobs."""
    return counted(count, "job")


def total_jobs(results: Results) -> int | None:
    """Return how many jobs took part, from an experiment that submits each once; None where none did."""
    for word in ("none", "all"):
        if word in results.scores:
            return results.scores[word].total_jobs
    return None


def scoring_line(results: Results) -> str:
    """Say by which scoring, and whether expectations or draws, the numbers were made."""
    scoring = f"scoring: {results.scoring}" if results.scoring else "scoring: as recorded by its author"
    how = "expected values over the scheduler's choice" if results.exact else "one choice drawn for each submission"
    return f"{scoring}; {how}"


def orders_word(results: Results) -> str:
    """Name the build success of an order, which is an expectation whatever the scores are."""
    return "build success" if results.exact else "expected build success"


def _significant(value: float, digits: int) -> str:
    if value == 0:
        return "0"
    # Rounding first: 9.9996 has one digit before the point, its rounded form two.
    rounded = float(f"{value:.{digits - 1}e}")
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(rounded))))
    # 100 that is exact is written so, 99.999 as 100.0.
    whole = math.isclose(value, round(value), rel_tol=1e-12)
    return f"{rounded:,.{0 if whole else min(decimals, 12)}f}"
