"""The command that places a workload larger than memory: place."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from placewise.cli.app import app
from placewise.cli.options import FleetPath, Force, Json, Seed, choices, output_path
from placewise.cli.printing import console, print_json, print_text, say
from placewise.selection.offered import BY_CHUNK


@app.command(rich_help_panel="Fleets and jobs")
def place(
    workload: Annotated[Path, typer.Argument(help="A workload in Parquet, or a folder of its part files.")],
    fleet: FleetPath,
    choose: Annotated[
        str,
        typer.Option(
            help=f"Of the clusters that match: {', '.join(BY_CHUNK)} (first in the fleet's order).",
            autocompletion=choices(*BY_CHUNK),
        ),
    ] = "cheapest",
    prices: Annotated[
        Path | None,
        typer.Option(
            help="JSON, cost_per_node_hour by cluster; from the clusters' states if not given.", show_default=False
        ),
    ] = None,
    out: Annotated[Path, typer.Option(help="The placements to write.", parser=output_path, metavar="PATH")] = Path(
        "placements.parquet"
    ),
    workers: Annotated[int, typer.Option(help="Processes; results do not change.", min=1)] = 1,
    dask: Annotated[
        str | None,
        typer.Option(help="Address or file of a Dask scheduler, whose workers see the same files.", show_default=False),
    ] = None,
    chunk: Annotated[int, typer.Option(help="Jobs in memory at a time; results do not change.", min=1)] = 1 << 16,
    kernels: Annotated[
        str,
        typer.Option(help="Inner loops: numpy, numba, or auto.", autocompletion=choices("numpy", "numba", "auto")),
    ] = "auto",
    seed: Seed = 0,
    force: Force = False,
    json: Json = False,
) -> None:
    """Choose a cluster for each job of a workload, chunk by chunk, and write who goes where."""
    from placewise.formats.fleets.fleet_source import read_fleet
    from placewise.formats.fleets.prices import prices_of, read_prices
    from placewise.formats.jobs.workload_table import open_workload
    from placewise.report.terminal.progress import stages
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
        "matching clusters a job": f"{found.matches_per_job:,.1f}",
        "clusters used": f"{found.clusters_used:,} of {len(clusters):,}",
        "jobs on the busiest": f"{found.jobs_on_busiest:,}" + (f" ({found.busiest})" if found.busiest else ""),
    }
    if found.cost_per_hour is not None:
        unpriced = f", {found.unpriced_jobs:,} jobs without a price left out" if found.unpriced_jobs else ""
        lines["price of an hour"] = f"{found.cost_per_hour:,.2f} (a node a job{unpriced})"
    for name, text in lines.items():
        print_text(f"{name:<24} {text}")
    say(f"written to {out}")
