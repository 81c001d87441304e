"""Options that say which trace, how it is read, and how its jobs are scheduled."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from placewise.cli.options.completing import choices, policies_in, policy_names
from placewise.cli.options.panels import SCHEDULING, STARTS, TRACE
from placewise.model.traces.queue_policies import ESTIMATES, QUEUE_POLICIES
from placewise.selection.offered import IN_A_REPLAY

TracePath = Annotated[
    Path,
    typer.Argument(
        help="The trace: SWF, Alea, sacct output (text or JSON), an openb folder, or Parquet; may be gzipped; - for "
        "standard input.",
        metavar="TRACE",
    ),
]
TraceFormatName = Annotated[
    str | None,
    typer.Option(
        "--trace-format",
        help="swf, alea, sacct, openb or parquet.",
        metavar="FORMAT",
        show_default="detected",
        autocompletion=choices("swf", "alea", "sacct", "openb", "parquet"),
        rich_help_panel=TRACE,
    ),
]
Machines = Annotated[
    Path | None,
    typer.Option(
        "--machines",
        help="Machine file (alea, openb).",
        metavar="FILE",
        show_default="beside the trace",
        rich_help_panel=TRACE,
    ),
]
Zone = Annotated[
    str | None,
    typer.Option(
        "--zone",
        help="Time zone of sacct output (Europe/Stockholm).",
        metavar="ZONE",
        show_default="UTC",
        rich_help_panel=TRACE,
    ),
]
Clean = Annotated[
    str,
    typer.Option(
        "--clean",
        help="none, or strict: drop jobs with unusable size, runtime or limit, and cut runtimes at the limit.",
        metavar="CLEANING",
        autocompletion=choices("none", "strict"),
        rich_help_panel=TRACE,
    ),
]

_QUEUE_HELP = (
    f"{', '.join(QUEUE_POLICIES[:-1])} or {QUEUE_POLICIES[-1]}; append ,CLUSTER=POLICY for a cluster with another."
)


def _queue_policy(panel: str) -> Any:
    return typer.Option(
        "--queue-policy",
        "--policy",
        help=_QUEUE_HELP,
        metavar="POLICY",
        autocompletion=choices(*QUEUE_POLICIES),
        rich_help_panel=panel,
    )


QueuePolicy = Annotated[str, _queue_policy(SCHEDULING)]
StartQueuePolicy = Annotated[str, _queue_policy(STARTS)]
ReplaySelect = Annotated[
    str,
    typer.Option(
        "--select",
        "--place",
        help=f"Selection policy, used at submission: {policies_in(IN_A_REPLAY)}, a plugin or module:function.",
        metavar="POLICY",
        autocompletion=policy_names(IN_A_REPLAY),
        rich_help_panel=SCHEDULING,
    ),
]
Estimates = Annotated[
    str,
    typer.Option(
        "--estimates",
        help="Planned runtime of a job: limit (its time limit), doubled (twice that), exact (its runtime) or "
        "user-mean (mean of its user's last two jobs).",
        metavar="KIND",
        autocompletion=choices(*ESTIMATES),
        rich_help_panel=SCHEDULING,
    ),
]
