"""The command that serves: serve."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from placewise.cli.app import app
from placewise.cli.options import choices, policies_in, policy_names
from placewise.cli.printing import say
from placewise.cli.serving.connecting import read_secret, service_extra
from placewise.errors import InputError
from placewise.selection.offered import CONSTRAINT, IN_A_SERVICE

_TLS = "TLS of both ports"


@app.command(rich_help_panel="Service")
def serve(
    config: Annotated[
        Path | None, typer.Option(help="A rainbow-config.yaml; other options stand over it.", show_default=False)
    ] = None,
    listen: Annotated[
        str | None, typer.Option(help="host:port of gRPC; 127.0.0.1:50051 if not given.", show_default=False)
    ] = None,
    http: Annotated[
        str | None,
        typer.Option(
            help="host:port of the web page, /metrics and /healthz, or: none; 127.0.0.1:50052 if not given.",
            show_default=False,
        ),
    ] = None,
    database: Annotated[
        str | None,
        typer.Option(
            help="A file of SQLite or a URL such as postgresql://...; in the user's data folder if not given."
        ),
    ] = None,
    name: Annotated[str | None, typer.Option(help="The scheduler's name, for people.", show_default=False)] = None,
    registration_secret_file: Annotated[
        Path | None,
        typer.Option(
            help="A file with the secret with which clusters register, - for standard input; one is made and kept "
            "beside the database if none is given.",
            show_default=False,
        ),
    ] = None,
    registration_secret: Annotated[
        str | None,
        typer.Option(help="The secret itself, which everybody on this machine can then read.", show_default=False),
    ] = None,
    global_token_file: Annotated[
        Path | None,
        typer.Option(help="A file with a token that stands for every cluster's.", show_default=False),
    ] = None,
    global_token: Annotated[
        str | None,
        typer.Option(help="The token itself, which everybody on this machine can then read.", show_default=False),
    ] = None,
    match_algorithm: Annotated[
        str | None,
        typer.Option(
            help="For requests that name none: match (default), range or equals.",
            show_default=False,
            autocompletion=choices("match", "range", "equals"),
        ),
    ] = None,
    select_algorithm: Annotated[
        str | None,
        typer.Option(
            help=f"Likewise: {policies_in(IN_A_SERVICE, CONSTRAINT)} or a plugin; random if not given.",
            show_default=False,
            autocompletion=policy_names(IN_A_SERVICE, CONSTRAINT),
        ),
    ] = None,
    vocabulary: Annotated[
        Path | None,
        typer.Option(
            help="A vocabulary.yaml: kinds, units, aliases and completeness; counts before what clusters teach.",
            show_default=False,
        ),
    ] = None,
    separate_entries: Annotated[
        bool | None,
        typer.Option(
            "--separate-entries/--no-separate-entries",
            help="Read jobspecs as rainbow does: entries that name one subsystem may be met by different vertices.",
            show_default=False,
        ),
    ] = None,
    tls_cert: Annotated[Path | None, typer.Option(help=f"{_TLS}: certificate (PEM).", show_default=False)] = None,
    tls_key: Annotated[Path | None, typer.Option(help=f"{_TLS}: its key (PEM).", show_default=False)] = None,
    tls_ca: Annotated[
        Path | None,
        typer.Option(help=f"{_TLS}: who vouches for clients, which then need certificates.", show_default=False),
    ] = None,
    insecure: Annotated[
        bool | None,
        typer.Option("--insecure/--no-insecure", help="Listen for others without TLS.", show_default=False),
    ] = None,
    open_satisfy: Annotated[
        bool | None,
        typer.Option(
            "--open-satisfy/--no-open-satisfy",
            help="Tell whoever can reach the server, without credentials, which clusters match a job.",
            show_default=False,
        ),
    ] = None,
    lease_s: Annotated[
        float | None,
        typer.Option(
            "--lease-s", "--lease", help="Seconds to accept a received job; 60 if not given.", show_default=False
        ),
    ] = None,
    orphans: Annotated[
        str | None,
        typer.Option(
            help="The jobs of an agent that is not heard of: keep (default) waits for it, requeue has them run again, "
            "fail ends them.",
            show_default=False,
            autocompletion=choices("keep", "requeue", "fail"),
        ),
    ] = None,
    agent_lost_s: Annotated[
        float | None,
        typer.Option(
            "--agent-lost-s",
            "--agent-lost",
            help="Seconds without a heartbeat after which an agent is lost; 60 if not given.",
            show_default=False,
        ),
    ] = None,
    most_attempts: Annotated[
        int | None,
        typer.Option(
            help="How often a job is accepted before it fails instead of being requeued; 3 if not given.",
            show_default=False,
        ),
    ] = None,
    most_queued: Annotated[
        int | None, typer.Option(help="Jobs that may wait for a cluster; 100,000 if not given.", show_default=False)
    ] = None,
    most_clusters: Annotated[
        int | None, typer.Option(help="Clusters that may be registered; 10,000 if not given.", show_default=False)
    ] = None,
    rate_limit: Annotated[
        int | None, typer.Option(help="Calls a second of one address; no limit if not given.", show_default=False)
    ] = None,
    log_level: Annotated[
        str | None,
        typer.Option(
            help="debug, info (default), warning or error.",
            show_default=False,
            autocompletion=choices("debug", "info", "warning", "error"),
        ),
    ] = None,
    log_format: Annotated[
        str | None,
        typer.Option(
            help="auto (default: json unless a terminal), json or console.",
            show_default=False,
            autocompletion=choices("auto", "json", "console"),
        ),
    ] = None,
    tracing: Annotated[
        bool | None,
        typer.Option(
            "--tracing/--no-tracing", help="Send OpenTelemetry traces (OTEL_... variables).", show_default=False
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="Seed of random choices; another each time if not given.", show_default=False)
    ] = None,
) -> None:
    """Run the scheduler as a service, until SIGTERM or an interrupt.

    Every setting can be given as a variable PLACEWISE_SERVE_<NAME> too; options stand over those.
    """
    with service_extra():
        from placewise.service.guard.own_process import hide_secrets
        from placewise.service.serve import run
        from placewise.service.settings import from_sources
    flags = {
        "listen": listen,
        "http": http,
        "database": database,
        "name": name,
        "registration_secret": _secret("--registration-secret", registration_secret, registration_secret_file),
        "global_token": _secret("--global-token", global_token, global_token_file),
        "match_algorithm": match_algorithm,
        "select_algorithm": select_algorithm,
        "vocabulary": vocabulary,
        "separate_entries": separate_entries,
        "tls_cert": tls_cert,
        "tls_key": tls_key,
        "tls_ca": tls_ca,
        "insecure": insecure,
        "open_satisfy": open_satisfy,
        "lease_s": lease_s,
        "orphans": orphans,
        "agent_lost_s": agent_lost_s,
        "most_attempts": most_attempts,
        "most_queued": most_queued,
        "most_clusters": most_clusters,
        "rate_limit": rate_limit,
        "log_level": log_level,
        "log_format": log_format,
        "tracing": tracing,
        "seed": seed,
    }
    settings = from_sources(config, os.environ, flags)
    hide_secrets()
    run(settings)


def _secret(option: str, value: str | None, file: Path | None) -> str | None:
    if file is not None:
        if value is not None:
            raise InputError("is given twice", place=option, expected=f"{option}-file or {option}")
        return read_secret(file, "")
    if value is not None:
        say(f"placewise: warning: {option} can be read by everybody on this machine; {option}-file cannot")
    return value
