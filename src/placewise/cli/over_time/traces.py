"""The command that shows what is in a trace, and writes it in another format: trace."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from placewise.cli.app import command
from placewise.cli.options.output import Force, Json, out_option
from placewise.cli.options.panels import TRACES
from placewise.cli.options.traces import Clean, Machines, TraceFormatName, TracePath, Zone
from placewise.cli.printing import console, print_json, say
from placewise.errors import InputError

_PARQUET, _SWF = (".parquet",), (".swf", ".swf.gz")


@command(TRACES, "placewise trace log.swf.gz", "placewise trace history.txt --clean strict --out history.parquet")
def trace(
    trace: TracePath,
    trace_format: TraceFormatName = None,
    machines: Machines = None,
    zone: Zone = None,
    clean: Clean = "none",
    out: Annotated[
        Path | None,
        out_option("Write the cleaned trace to this .parquet, .swf or .swf.gz file.", "FILE"),
    ] = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Show what a trace holds and lacks, and what cleaning drops."""
    from placewise.formats.traces.read_trace import read_trace
    from placewise.formats.writing import refuse_existing
    from placewise.model.traces.trace_cleaning import clean as cleaned_by
    from placewise.report.data.replays.trace import trace_document, trace_facts
    from placewise.report.terminal.replays.trace import print_trace

    if out is not None:
        if not out.name.endswith(_PARQUET + _SWF):
            raise InputError("no format has this ending", place="--out", found=out.name, expected=".parquet or .swf")
        refuse_existing(out, force=force)
    cleaned = cleaned_by(read_trace(trace, trace_format, machines=machines, zone=zone), clean)  # type: ignore[arg-type]
    if out is not None:
        if out.name.endswith(_SWF):
            from placewise.formats.traces.swf.writing import write_swf

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
