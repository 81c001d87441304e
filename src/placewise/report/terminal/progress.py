"""Progress of long work, shown on a terminal and nowhere else."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from placewise.model.progress import SILENT, Progress

if TYPE_CHECKING:
    from rich import progress as bars
    from rich.console import Console


@contextlib.contextmanager
def stages(console: Console) -> Iterator[Progress]:
    """Yield a listener that shows what it hears on a terminal."""
    if not console.is_terminal:
        yield SILENT
        return
    from rich import progress as bars  # noqa: PLC0415

    columns = (
        bars.TextColumn("{task.description:<24}"),
        bars.BarColumn(),
        bars.MofNCompleteColumn(),
        bars.TimeElapsedColumn(),
    )
    with bars.Progress(*columns, console=console, transient=True) as shown:
        yield _Shown(shown, shown.add_task("reading", total=None))


class _Shown(Progress):
    def __init__(self, shown: bars.Progress, task: bars.TaskID) -> None:
        self.shown, self.task = shown, task

    def advanced(self, stage: str, done: int, total: int) -> None:
        self.shown.update(self.task, description=stage, completed=done, total=total)
