"""Progress of long work, shown on a terminal and nowhere else."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from placewise.model.progress import SILENT, Progress

if TYPE_CHECKING:
    from rich import progress as bars
    from rich.console import Console


_ROOM_FOR_A_BAR = 100


@contextlib.contextmanager
def stages(console: Console) -> Iterator[Progress]:
    """Yield a listener that shows what it hears on a terminal."""
    if not console.is_terminal:
        yield SILENT
        return
    from rich import progress as bars  # noqa: PLC0415
    from rich.table import Column  # noqa: PLC0415

    columns = [
        # What is done gives way where all has no room, and never the numbers.
        bars.TextColumn("{task.description:<24}", table_column=Column(no_wrap=True, overflow="crop", ratio=1)),
        bars.MofNCompleteColumn(table_column=Column(no_wrap=True, min_width=5)),
        bars.TimeElapsedColumn(table_column=Column(no_wrap=True, min_width=7)),
    ]
    if console.width >= _ROOM_FOR_A_BAR:
        columns.insert(1, bars.BarColumn())
    with bars.Progress(*columns, console=console, transient=True) as shown:
        yield _Shown(shown, shown.add_task("reading", total=None))


def over_time(progress: Progress, elapsed_s: Callable[[int], float]) -> Progress:
    """Return a listener to a replay that says how far virtual time has come, and how many jobs a second that is.

    elapsed_s : the virtual time that has passed when so many jobs, 1 or more, are submitted.
    """
    return progress if progress is SILENT else _OverTime(progress, elapsed_s)


class _OverTime(Progress):
    def __init__(self, progress: Progress, elapsed_s: Callable[[int], float]) -> None:
        self.progress, self.elapsed_s, self.began = progress, elapsed_s, time.monotonic()

    def advanced(self, stage: str, done: int, total: int) -> None:
        if not done:
            self.began = time.monotonic()
        else:
            days = int(self.elapsed_s(done)) / 86400
            speed = done / max(time.monotonic() - self.began, 1e-3)
            stage = f"{stage}: day {days:,.0f}, {speed:,.0f} jobs/s"
        self.progress.advanced(stage, done, total)


class _Shown(Progress):
    def __init__(self, shown: bars.Progress, task: bars.TaskID) -> None:
        self.shown, self.task = shown, task

    def advanced(self, stage: str, done: int, total: int) -> None:
        self.shown.update(self.task, description=stage, completed=done, total=total)
