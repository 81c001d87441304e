"""The command that shows what is in a trace, and writes it in another format: trace."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from placewise.cli.app import app
from placewise.cli.options import Clean, Force, Json, Machines, TraceFormatName, TracePath, Zone, output_path
from placewise.cli.printing import console, print_json, say
from placewise.errors import InputError

_PARQUET, _SWF = (".parquet",), (".swf", ".swf.gz")


@app.command(rich_help_panel="Traces over time")
def trace(
    trace: TracePath,
    trace_format: TraceFormatName = None,
    machines: Machines = None,
    zone: Zone = None,
    clean: Clean = "none",
    out: Annotated[
        Path | None,
        typer.Option(
            help="Write the trace, as cleaned, to this .parquet, .swf or .swf.gz file.",
            parser=output_path,
            metavar="FILE",
            show_default=False,
        ),
    ] = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Show what is in a trace: jobs, time, load, what it does not say, what is dropped, what clusters have."""
    from placewise.formats.traces.read_trace import read_trace
    from placewise.formats.writing import refuse_existing
    from placewise.model.traces.trace_cleaning import clean as cleaned_by
    from placewise.report.data.trace import trace_document, trace_facts
    from placewise.report.terminal.trace import print_trace

    if out is not None:
        if not out.name.endswith(_PARQUET + _SWF):
            raise InputError("no format has this ending", place="--out", found=out.name, expected=".parquet or .swf")
        refuse_existing(out, force=force)
    cleaned = cleaned_by(read_trace(trace, trace_format, machines=machines, zone=zone), clean)  # type: ignore[arg-type]
    if out is not None:
        if out.name.endswith(_SWF):
            from placewise.formats.traces.swf_writing import write_swf

            write_swf(out, cleaned.trace)
        else:
            from placewise.formats.traces.parquet_trace import write_parquet_trace

            write_parquet_trace(out, [cleaned.trace])
        say(f"{len(cleaned.trace):,} jobs written to {out}")
    facts = trace_facts(cleaned)
    if json:
        print_json(trace_document(facts))
    else:
        print_trace(facts, console())
