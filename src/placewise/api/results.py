"""Results as Python users meet them: by experiment, as tables, in a notebook, as a folder or a page."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pyarrow as pa

from placewise.api.tables import share, table_html
from placewise.errors import InputError, PlacewiseError, one_of
from placewise.formats.results.results_folder import read_results as read_results_value
from placewise.formats.results.results_names import RESULTS, RUN
from placewise.formats.results.score_tables import scores_table
from placewise.formats.results.timed_files import scenarios_table
from placewise.formats.writing import replacing, staged
from placewise.model.results.results import Results as ResultsValue
from placewise.model.results.results import Score
from placewise.model.studies.study import folder_name
from placewise.study.record import record_of, write_run
from placewise.study.run import Run


class Results(ResultsValue):
    """What a run found. `results["all"]` is the score of an experiment; its parts are the fields.

    >>> results = Study.from_folder("demo").run(orders=0, fleets=0, resamples=0)
    >>> 0 <= results["none"].success <= results.ceiling <= 1
    True
    """

    __slots__ = ("_run",)
    _run: Run | None

    @classmethod
    def _of(cls, found: ResultsValue, run: Run | None) -> Results:
        results = cls(**{field.name: getattr(found, field.name) for field in fields(ResultsValue)})
        object.__setattr__(results, "_run", run)
        return results

    @classmethod
    def of_run(cls, run: Run) -> Results:
        """Return the results of a run, with its record."""
        results = cls._of(run.results, run)
        object.__setattr__(results, "study", record_of(run, _command()))
        return results

    @classmethod
    def read(cls, folder: str | Path) -> Results:
        """Read a results folder, ours or one of the prior work. Raises InputError naming file and place."""
        return cls._of(read_results_value(Path(folder)), None)

    def __getitem__(self, experiment: str) -> Score:
        """Return the score of an experiment or level. Raises InputError for another name."""
        for name in (experiment, folder_name(experiment)):
            if name in self.scores:
                return self.scores[name]
        raise InputError("no such experiment", found=experiment, expected=one_of(experiment, self.scores))

    def __iter__(self) -> Iterator[str]:
        return iter(self.scores)

    def __len__(self) -> int:
        return len(self.scores)

    def to_arrow(self) -> pa.Table:
        """Return the scores as a flat table, a row an experiment; of a trace a row a scenario."""
        return scores_table(self) if self.timed is None else scenarios_table(self.timed)

    def save(self, folder: str | Path, *, force: bool = False) -> None:
        """Write the results folder, with rows and all. Results that were read have no rows, and are not written.

        force : replace files that no run left there.
        Raises InputError when the folder cannot be written to, and PlacewiseError for results that were read.
        """
        if self._run is None:
            raise PlacewiseError("these results were read from a folder, and have no rows to write")
        with staged(Path(folder), owned=RESULTS, marks=RUN, force=force) as stage:
            write_run(stage, self._run, _command())

    def write_report(self, path: str | Path) -> None:
        """Write the report as one self-contained page. Raises InputError when the place cannot be written to."""
        from tempfile import TemporaryDirectory  # noqa: PLC0415, with what draws

        from placewise.report.drawn.figures import draw_figures  # noqa: PLC0415, matplotlib is heavy
        from placewise.report.page.report_page import write_page  # noqa: PLC0415, likewise

        with replacing(Path(path)) as temporary, TemporaryDirectory() as pictures:
            write_page(self, draw_figures(self, Path(pictures)), temporary, command=_command())

    def _repr_html_(self) -> str:
        if self.timed is not None:
            return table_html(
                ("scenario", "jobs", "success", "mean wait, h", "wasted processor-hours", "cost"),
                [
                    (
                        row["scenario"],
                        f"{row['jobs']:,}",
                        share(row["success"]),
                        *(
                            "-" if value is None else f"{value:,.6g}"
                            for value in (_hours(row["wait_s"]), _hours(row["wasted_processor_s"]), row["cost"])
                        ),
                    )
                    for row in self.to_arrow().to_pylist()
                ],
            )
        rows = [
            (
                name,
                f"{score.total_jobs:,}",
                f"{score.unmatched:,}",
                share(score.success),
                share(score.success_of_matched.mean),
            )
            for name, score in self.scores.items()
        ]
        return table_html(("experiment", "submissions", "unmatched", "success", "success of matched jobs"), rows)


def read_results(folder: str | Path) -> Results:
    """Read a results folder, ours or one of the prior work. Raises InputError naming file and place.

    >>> read_results("out")["all"].success <= 1
    True
    """
    return Results.read(folder)


def _hours(seconds: float | None) -> float | None:
    return None if seconds is None else seconds / 3600


def _command() -> str:
    return shlex.join(["python", *sys.argv]) if sys.argv[0] else "python"
