"""Under --json a command's standard output is one JSON document, at the level of the file descriptor."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import typer
from typer.core import TyperGroup

from placewise.cli import app

JOB = """version: 1
resources:
  default:
    requires:
    - {name: cmake, field: version, min: "3"}
task: {command: [a]}
"""
SMALL = ["--orders", "2", "--fleets", "1", "--resamples", "5"]
# Each is a library that prints on the descriptor, as compiled code does, and then the command.
NOISY = (
    "import os, sys; import placewise.errors; sys.argv = ['placewise', *sys.argv[1:]]; "
    "{noise}; from placewise.cli import main; main()"
)
NOISE = (
    "import placewise.matching.index as i; made = i.FleetIndex.__init__; "
    "i.FleetIndex.__init__ = lambda self, fleet: (os.write(1, b'a banner\\n'), made(self, fleet))[1]"
)

CALLS = {
    "simulate": ["demo", "--no-plots", *SMALL, "--out", "results"],
    "plot": ["results", "--out", "drawn"],
    "value": ["demo", "--resamples", "5"],
    "minimal": ["demo", "--target", "0.5", "--limit", "5"],
    "pareto": ["demo"],
    "sensitivity": ["demo", "--over", "ranges"],
    "compare": ["results", "results", "--resamples", "5"],
    "near-miss": ["demo"],
    "match": ["job.yaml", "--fleet", "demo"],
    "explain": ["job.yaml", "--fleet", "demo"],
    "fit": ["builds", "--minimum", "10", "--out", "models"],
    "place": ["streamed/workload.parquet", "--fleet", "streamed", "--choose", "first", "--out", "placed.parquet"],
    "bench": ["--quick"],
}
# They need a server, and are run with --json beside one in tests/cli/test_service_commands.py.
OF_THE_SERVICE = {"register", "update", "delete", "rotate", "submit", "status", "receive", "cancel", "agent"}
# What prints no data but progress has no --json.


def placewise(folder, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "placewise", *arguments], cwd=folder, capture_output=True, timeout=300, check=False
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("json")
    (place / "job.yaml").write_text(JOB)
    for arguments in (
        ["generate", "--clusters", "8", "--jobs", "60", "--out", "demo"],
        ["generate", "--clusters", "8", "--jobs", "60", "--streamed", "--out", "streamed"],
        ["generate", "--dataset", "spack-build", "--clusters", "8", "--jobs", "300", "--out", "builds"],
        ["simulate", "demo", "--no-plots", *SMALL, "--out", "results"],
    ):
        ended = placewise(place, *arguments)
        assert ended.returncode == 0, ended.stderr
    return place


def with_json():
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    return sorted(
        name for name, command in group.commands.items() if any("--json" in one.opts for one in command.params)
    )


def test_every_command_is_tried():
    assert set(with_json()) <= CALLS.keys() | OF_THE_SERVICE


@pytest.mark.parametrize("name", sorted(CALLS.keys() - {"bench"}))
def test_standard_output_is_one_document(name, folder):
    ended = placewise(folder, name, *CALLS[name], "--json")
    assert ended.returncode in (0, 3), ended.stderr
    json.loads(ended.stdout)


def test_what_a_library_prints_goes_elsewhere(folder):
    code = NOISY.format(noise=NOISE)
    for name in ("match", "minimal"):
        arguments = [sys.executable, "-c", code, name, *CALLS[name], "--json"]
        ended = subprocess.run(arguments, cwd=folder, capture_output=True, timeout=300, check=False)
        assert ended.returncode in (0, 3), ended.stderr
        json.loads(ended.stdout)
        assert b"a banner" in ended.stderr
