"""The command that serves: serve; one module, as one command has all of its options."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from placewise.cli.app import command
from placewise.cli.options.completing import choices, policies_in, policy_names
from placewise.cli.options.panels import OUTPUT, SERVICE
from placewise.cli.printing import say
from placewise.cli.serving.connecting import read_secret, service_extra
from placewise.errors import InputError
from placewise.selection.offered import CONSTRAINT, IN_A_SERVICE

_ACCESS = "Secrets and TLS"
_MATCHING = "Matching and selection"
_JOBS = "Jobs and agents"
_BOUNDS = "Limits"


@command(
    SERVICE,
    "placewise serve",
    "placewise serve --database placewise.db --keep 90d",
    "placewise serve --listen 0.0.0.0:50051 --tls-cert cert.pem --tls-key key.pem",
)
def serve(
    config: Annotated[
        Path | None,
        typer.Option(
            help="A rainbow-config.yaml; other options override it.",
            metavar="FILE",
            show_default=False,
        ),
    ] = None,
    listen: Annotated[
        str | None,
        typer.Option(
            help="Address of gRPC.",
            metavar="HOST:PORT",
            show_default="127.0.0.1:50051",
        ),
    ] = None,
    http: Annotated[
        str | None,
        typer.Option(
            help="Address of the web page, /metrics and /healthz; or none.",
            metavar="HOST:PORT",
            show_default="127.0.0.1:50052",
        ),
    ] = None,
    database: Annotated[
        str | None,
        typer.Option(
            help="An SQLite file or a PostgreSQL URL.",
            metavar="DATABASE",
            show_default="in the user's data folder",
        ),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(
            help="The scheduler's name, for people.",
            metavar="NAME",
            show_default=False,
        ),
    ] = None,
    processes: Annotated[
        int | None,
        typer.Option(
            help="Processes on the port, with PostgreSQL only; each has its own HTTP port, from --http on.",
            metavar="N",
            show_default="1",
        ),
    ] = None,
    registration_secret_file: Annotated[
        Path | None,
        typer.Option(
            help="File with the secret for registering clusters; - for standard input.",
            metavar="FILE",
            show_default="made and kept beside the database",
            rich_help_panel=_ACCESS,
        ),
    ] = None,
    registration_secret: Annotated[
        str | None,
        typer.Option(
            help="The registration secret itself; every user of this machine can read it.",
            metavar="SECRET",
            show_default=False,
            rich_help_panel=_ACCESS,
        ),
    ] = None,
    global_token_file: Annotated[
        Path | None,
        typer.Option(
            help="File with a token that is valid for every cluster.",
            metavar="FILE",
            show_default=False,
            rich_help_panel=_ACCESS,
        ),
    ] = None,
    global_token: Annotated[
        str | None,
        typer.Option(
            help="The global token itself; every user of this machine can read it.",
            metavar="TOKEN",
            show_default=False,
            rich_help_panel=_ACCESS,
        ),
    ] = None,
    tls_cert: Annotated[
        Path | None,
        typer.Option(
            help="TLS certificate of both ports (PEM).",
            metavar="FILE",
            show_default=False,
            rich_help_panel=_ACCESS,
        ),
    ] = None,
    tls_key: Annotated[
        Path | None,
        typer.Option(
            help="Key of the TLS certificate (PEM).",
            metavar="FILE",
            show_default=False,
            rich_help_panel=_ACCESS,
        ),
    ] = None,
    tls_ca: Annotated[
        Path | None,
        typer.Option(
            help="Demand client certificates, and check them against these CA certificates (PEM).",
            metavar="FILE",
            show_default=False,
            rich_help_panel=_ACCESS,
        ),
    ] = None,
    insecure: Annotated[
        bool | None,
        typer.Option(
            "--insecure/--no-insecure",
            help="Listen on other addresses than this machine's without TLS.",
            show_default=False,
            rich_help_panel=_ACCESS,
        ),
    ] = None,
    open_satisfy: Annotated[
        bool | None,
        typer.Option(
            "--open-satisfy/--no-open-satisfy",
            help="Say without credentials which clusters match a job.",
            show_default=False,
            rich_help_panel=_ACCESS,
        ),
    ] = None,
    match_algorithm: Annotated[
        str | None,
        typer.Option(
            help="For requests without one: match, range or equals.",
            metavar="ALGORITHM",
            show_default="match",
            autocompletion=choices("match", "range", "equals"),
            rich_help_panel=_MATCHING,
        ),
    ] = None,
    select_algorithm: Annotated[
        str | None,
        typer.Option(
            "--select",
            "--select-algorithm",
            help=f"Selection policy for requests without one: {policies_in(IN_A_SERVICE, CONSTRAINT)} or a plugin.",
            metavar="POLICY",
            show_default="random",
            autocompletion=policy_names(IN_A_SERVICE, CONSTRAINT),
            rich_help_panel=_MATCHING,
        ),
    ] = None,
    models: Annotated[
        list[Path] | None,
        typer.Option(
            help="Models for cheapest, fastest and constraint: a folder of placewise fit, a model of "
            "placewise outcomes --save-model, or one of each.",
            metavar="PATH",
            show_default=False,
            rich_help_panel=_MATCHING,
        ),
    ] = None,
    vocabulary: Annotated[
        Path | None,
        typer.Option(
            help="A vocabulary.yaml (kinds, units, aliases, completeness); overrides what clusters say.",
            metavar="FILE",
            show_default=False,
            rich_help_panel=_MATCHING,
        ),
    ] = None,
    separate_entries: Annotated[
        bool | None,
        typer.Option(
            "--separate-entries/--no-separate-entries",
            help="Entries of one subsystem may match different vertices.",
            show_default=False,
            rich_help_panel=_MATCHING,
        ),
    ] = None,
    lease_s: Annotated[
        float | None,
        typer.Option(
            "--lease",
            "--lease-s",
            help="Time to accept a received job.",
            metavar="SECONDS",
            show_default="60",
            rich_help_panel=_JOBS,
        ),
    ] = None,
    orphans: Annotated[
        str | None,
        typer.Option(
            help="Jobs of a lost agent: keep (wait for it), requeue (run again) or fail (end).",
            metavar="ACTION",
            show_default="keep",
            autocompletion=choices("keep", "requeue", "fail"),
            rich_help_panel=_JOBS,
        ),
    ] = None,
    agent_lost_s: Annotated[
        float | None,
        typer.Option(
            "--agent-lost",
            "--agent-lost-s",
            help="Time without a heartbeat after which an agent is lost.",
            metavar="SECONDS",
            show_default="60",
            rich_help_panel=_JOBS,
        ),
    ] = None,
    most_attempts: Annotated[
        int | None,
        typer.Option(
            help="Times that a job is accepted before it fails instead of being requeued.",
            metavar="N",
            show_default="3",
            rich_help_panel=_JOBS,
        ),
    ] = None,
    keep_s: Annotated[
        str | None,
        typer.Option(
            "--keep",
            "--keep-s",
            help="How long to keep jobs that are over, such as 90d.",
            metavar="TIME",
            show_default="for ever",
            rich_help_panel=_JOBS,
        ),
    ] = None,
    quota_jobs: Annotated[
        int | None,
        typer.Option(
            help="Jobs per token that may wait or run.",
            metavar="N",
            show_default="no limit",
            rich_help_panel=_BOUNDS,
        ),
    ] = None,
    quota_bytes: Annotated[
        int | None,
        typer.Option(
            help="Bytes of jobspecs kept per token.",
            metavar="BYTES",
            show_default="no limit",
            rich_help_panel=_BOUNDS,
        ),
    ] = None,
    most_queued: Annotated[
        int | None,
        typer.Option(
            help="Jobs that may wait per cluster.",
            metavar="N",
            show_default="100,000",
            rich_help_panel=_BOUNDS,
        ),
    ] = None,
    most_clusters: Annotated[
        int | None,
        typer.Option(
            help="Clusters that may register.",
            metavar="N",
            show_default="10,000",
            rich_help_panel=_BOUNDS,
        ),
    ] = None,
    rate_limit: Annotated[
        int | None,
        typer.Option(
            help="Calls per second and address.",
            metavar="N",
            show_default="no limit",
            rich_help_panel=_BOUNDS,
        ),
    ] = None,
    log_level: Annotated[
        str | None,
        typer.Option(
            help="debug, info, warning or error.",
            metavar="LEVEL",
            show_default="info",
            autocompletion=choices("debug", "info", "warning", "error"),
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    log_format: Annotated[
        str | None,
        typer.Option(
            help="auto, json or console.",
            metavar="FORMAT",
            show_default="auto: console on a terminal, else json",
            autocompletion=choices("auto", "json", "console"),
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    tracing: Annotated[
        bool | None,
        typer.Option(
            "--tracing/--no-tracing",
            help="Send OpenTelemetry traces (set by OTEL_* variables).",
            show_default=False,
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            help="Seed of random choices.",
            metavar="N",
            show_default="another at each start",
            rich_help_panel=_MATCHING,
        ),
    ] = None,
) -> None:
    """Run the scheduler as a service, until SIGTERM or an interrupt.

    Each setting is also a variable PLACEWISE_SERVE_<NAME>, which an option overrides.
    """
    # gRPC's own lines are not bounded, and a stranger can cause 100,000 a second. It reads this when it is imported.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    with service_extra():
        import grpc  # noqa: F401, without it no secret is made first

        from placewise.service.guard.own_process import hide_secrets
        from placewise.service.processes import run
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
        "models": models or None,
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
        "keep_s": keep_s,
        "quota_jobs": quota_jobs,
        "quota_bytes": quota_bytes,
        "most_queued": most_queued,
        "most_clusters": most_clusters,
        "processes": processes,
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
