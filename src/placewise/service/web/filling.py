"""The templates of the page, filled in; every text from outside is escaped."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from placewise.service.web.shown import JobPage, Overview

MOST_CLUSTERS = 200
MOST_JOBS = 100
MOST_EVENTS = 100
MOST_LINES = 200
MOST_PAIRS = 8
MOST_AGENTS = 8
MOST_TOKENS = 50
LONGEST_TEXT = 300
REFRESH_S = 10


class Templates:
    """The compiled templates, and the content security policy that admits their one style sheet and nothing else."""

    __slots__ = ("_environment", "policy")

    def __init__(self) -> None:
        self._environment = Environment(
            loader=PackageLoader("placewise.service.web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        style = self._environment.get_template("page.css").render()
        self._environment.globals |= {"style": style, "bounds": BOUNDS}
        self._environment.filters |= {
            "moment": moment,
            "machine_time": machine_time,
            "brief": brief,
            "span": span,
            "size": decimal_size,
            "percent": percent,
        }
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        self.policy = (
            f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )

    def overview(self, shown: Overview, now: float, *, refresh: bool) -> str:
        """Return the page of clusters and recent jobs; now : seconds since the epoch."""
        return self._filled("overview.html.j2", shown=shown, now=now, refresh=REFRESH_S if refresh else None)

    def job(self, shown: JobPage, now: float) -> str:
        """Return the page of one job."""
        return self._filled("job.html.j2", shown=shown, now=now)

    def missing_job(self, job_id: int) -> str:
        """Return the page that says that there is no such job."""
        return self._filled("missing_job.html.j2", job_id=job_id)

    def _filled(self, template: str, **values: Any) -> str:
        return self._environment.get_template(template).render(**values)


def moment(seconds: float) -> str:
    """Return a time as a date and time of day in UTC; ``-`` where it is no time that a calendar has."""
    found = _datetime(seconds)
    return "-" if found is None else f"{found:%Y-%m-%d %H:%M:%S}"


def machine_time(seconds: float) -> str:
    """Return a time as HTML's `datetime` attribute has it; empty where `moment` returns ``-``."""
    found = _datetime(seconds)
    return "" if found is None else f"{found:%Y-%m-%dT%H:%M:%SZ}"


def _datetime(seconds: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def brief(text: str) -> str:
    """Return a text, cut where it is long; what steers a terminal, or turns the direction of writing, as its escape."""
    cut = text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"
    return "".join(one if one.isprintable() else repr(one)[1:-1] for one in cut)


def percent(share: float) -> str:
    """Return a share in percent with one digit after the point; only nothing is 0 %, and only all 100 %."""
    text = f"{100 * share:.1f}"
    if text == "100.0" and share < 1:
        return "over 99.9 %"
    return "under 0.1 %" if text == "0.0" and share > 0 else f"{text} %"


def span(seconds: float) -> str:
    """Return a duration in its two largest units."""
    left = max(0, int(seconds)) if seconds < 1e12 else 0
    parts: list[str] = []
    for unit, length in (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)):
        count, left = divmod(left, length)
        if count or (unit == "s" and not parts):
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2])


def decimal_size(size_bytes: float) -> str:
    """Return a number of bytes in the largest decimal unit of which there is one."""
    for unit, factor in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size_bytes >= factor:
            return f"{size_bytes / factor:.1f} {unit}"
    return f"{size_bytes:.0f} bytes"


BOUNDS: dict[str, int] = {
    "clusters": MOST_CLUSTERS,
    "jobs": MOST_JOBS,
    "events": MOST_EVENTS,
    "lines": MOST_LINES,
    "pairs": MOST_PAIRS,
    "agents": MOST_AGENTS,
    "tokens": MOST_TOKENS,
}
