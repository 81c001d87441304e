"""Options that several commands share, and what the shell offers for them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from placewise.cli.printing import only_documents
from placewise.errors import InputError


def study_settings(context: typer.Context, source: Path | None) -> Path | None:
    """Make what a study file says of its run the defaults of the options, so that the command line wins over it."""
    if source is None or source.suffix != ".toml" or context.resilient_parsing:
        return source
    from placewise.formats.reading import found_at
    from placewise.study.study_run import run_settings

    if found_at(source) == "file":
        settings = run_settings(source)
        context.default_map = {
            key: ",".join(value) if isinstance(value, tuple) else value for key, value in settings.items()
        }
    return source


Source = Annotated[
    Path | None,
    typer.Argument(
        help="An experiment folder, or a study file (.toml); without one, the embedded default.",
        show_default=False,
        is_eager=True,
        callback=study_settings,
    ),
]
Seed = Annotated[int, typer.Option(help="Seed of every random choice.", min=0)]
Json = Annotated[
    bool,
    typer.Option(
        "--json", help="Print one JSON document, and nothing else, on standard output.", callback=only_documents
    ),
]
Jobspec = Annotated[Path, typer.Argument(help="A jobspec in YAML or JSON, in any of the three dialects.")]
FleetPath = Annotated[
    Path, typer.Option("--fleet", help="cluster-features.json, a folder of JGF files, or a folder of such folders.")
]


def output_path(text: str | Path) -> Path:
    """Return where to write. Raises InputError for an empty name."""
    if not str(text):
        raise InputError("has no name", place="--out", found=text, expected="a path, such as . for this folder")
    return Path(text)


def choices(*names: str) -> Callable[[str], list[str]]:
    """Return what completes a word of a few in a shell; other words are refused by whoever takes them, in one line."""
    return lambda incomplete: [name for name in names if name.startswith(incomplete)]


def plugin_names(incomplete: str) -> list[str]:
    """Complete the name of a selection policy."""
    from placewise import plugins

    return choices(*plugins.names("policies"))(incomplete)
