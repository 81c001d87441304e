from __future__ import annotations

import sys
from functools import cache
from types import SimpleNamespace

import pytest
import typer
from figures_without_pixels import _without_pixels, pixels  # noqa: F401, fixtures

from placewise import cli
from placewise.formats.experiment_folder import write_experiment
from placewise.formats.profiles import profile_file
from placewise.formats.profiles.profile_file import shipped_profile
from placewise.synthesis import draw_fleet, draw_jobs

_built = cache(typer.main.get_command)
_profile = cache(profile_file.profile_from_json)


@pytest.fixture
def placewise(monkeypatch, capsys, tmp_path):
    """Run the command line in this process, with a cache of its own: code, out and err."""
    # Building the tree of all commands takes longer than many of them, and a command keeps nothing from a run.
    monkeypatch.setattr(typer.main, "get_command", _built)
    # A profile is a frozen value, and reading the shipped one takes longer than drawing from it.
    monkeypatch.setattr(profile_file, "profile_from_json", _profile)
    monkeypatch.setenv("PLACEWISE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "120")

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["placewise", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        captured = capsys.readouterr()
        return SimpleNamespace(code=ended.value.code or 0, out=captured.out, err=captured.err)

    return run


@pytest.fixture(scope="session")
def small(tmp_path_factory):
    """An experiment folder of 12 clusters and 60 jobs."""
    folder = tmp_path_factory.mktemp("small") / "experiment"
    profile = shipped_profile("reliabuild")
    write_experiment(draw_fleet(profile, 12, 1), draw_jobs(profile, 60, 1), folder)
    return folder
