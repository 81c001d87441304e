"""The command that places a workload larger than memory: place."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from placewise.cli.app import command
from placewise.cli.options.asking import FleetPath
from placewise.cli.options.chance import Seed
from placewise.cli.options.completing import choices
from placewise.cli.options.output import Force, Json, output_path
from placewise.cli.options.panels import FLEETS, OUTPUT, WORK
from placewise.cli.options.work import Dask, Kernels, Workers
from placewise.cli.printing import console, print_json, say
from placewise.selection.offered import BY_CHUNK


@command(
    FLEETS,
    "placewise place workload.parquet --fleet clusters/ --out placements.parquet",
    "placewise place workload.parquet --fleet clusters/ --select random",
)
def place(
    workload: Annotated[Path, typer.Argument(help="A workload in Parquet, or a folder of its part files.")],
    fleet: FleetPath,
    choose: Annotated[
        str,
        typer.Option(
            "--select",
            "--choose",
            help=f"Selection policy: {', '.join(BY_CHUNK[:-1])} or {BY_CHUNK[-1]}.",
            metavar="POLICY",
            autocompletion=choices(*BY_CHUNK),
        ),
    ] = "cheapest",
    prices: Annotated[
        Path | None,
        typer.Option(help="JSON: cost_per_node_hour by cluster.", metavar="FILE", show_default="in the fleet"),
    ] = None,
    out: Annotated[
        Path,
        typer.Option(help="File of placements to write.", parser=output_path, metavar="FILE", rich_help_panel=OUTPUT),
    ] = Path("placements.parquet"),
    workers: Workers = 1,
    dask: Dask = None,
    chunk: Annotated[
        int,
        typer.Option(help="Jobs in memory at a time; results do not change.", min=1, metavar="N", rich_help_panel=WORK),
    ] = 1 << 16,
    kernels: Kernels = "auto",
    seed: Seed = 0,
    force: Force = False,
    json: Json = False,
) -> None:
    """Select a cluster for each job of a workload larger than memory.

    Dask workers need to see the same files.
    """
    from placewise.formats.fleets.fleet_source import read_fleet
    from placewise.formats.fleets.prices import prices_of, read_prices
    from placewise.formats.jobs.workload_table import open_workload
    from placewise.report.terminal.progress import stages
    from placewise.report.terminal.tables import print_table
    from placewise.study.streaming.place import place as run
    from placewise.sweep.executors import runner

    # Workers of a cluster have another working directory.
    jobs = open_workload(workload.absolute() if dask else workload)
    clusters = read_fleet(fleet)
    known = prices_of(clusters) if prices is None else read_prices(prices, clusters)
    with stages(console(stderr=True)) as progress, runner(workers, dask) as running:
        found = run(
            jobs,
            clusters,
            known,
            running,
            out,
            choose=choose,
            chunk=chunk,
            kernels=kernels,
            seed=seed,
            progress=progress,
            force=force,
        )
    if json:
        print_json({"out": str(out), **found.document()})
        return
    lines = {
        "jobs": f"{found.jobs:,}",
        "unmatched": f"{found.unmatched:,}",
        "matching clusters per job": f"{found.matches_per_job:,.1f}",
        "clusters used": f"{found.clusters_used:,} of {len(clusters):,}",
        "jobs on the busiest": f"{found.jobs_on_busiest:,}" + (f" ({found.busiest})" if found.busiest else ""),
    }
    if found.cost_per_hour is not None:
        unpriced = f"; {found.unpriced_jobs:,} jobs without a price not counted" if found.unpriced_jobs else ""
        lines["price of an hour"] = f"{found.cost_per_hour:,.2f} (one node per job{unpriced})"
    print_table("", {"": "left", " ": "left"}, list(lines.items()), console())
    say(f"written to {out}")
