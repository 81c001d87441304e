"""`-` is standard input for whatever reads one document of text."""

from __future__ import annotations

import io
import json
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from small_fleets import written_fleet

JOB = """
version: 1
resources: [{type: node, count: 1}]
attributes: {system: {constraints: {properties: [large]}}}
"""
TRACE = "; MaxProcs: 4\n1 0 5 60 1 -1 -1 1 90 -1 1 1 1 1 1 -1 -1 -1\n"


@pytest.fixture
def given(monkeypatch):
    """Give the next commands a standard input."""

    def give(content):
        content = content if isinstance(content, bytes) else content.encode()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))

    return give


@pytest.fixture
def fleet(tmp_path):
    return written_fleet(
        tmp_path / "fleet", here={"property": [{"name": "large"}]}, there={"property": [{"name": "x"}]}
    )


def test_a_job_is_matched_and_explained(placewise, given, fleet):
    given(JOB)
    assert placewise("match", "-", "--fleet", fleet).out == "here\n"
    # Several commands of one process have one standard input; a pipe gives its content once.
    explained = json.loads(placewise("explain", "-", "--fleet", fleet, "--json").out)
    assert explained["job"] == "stdin"


def test_a_trace_is_read(placewise, given):
    given(TRACE)
    assert json.loads(placewise("trace", "-", "--json").out)["jobs"] == 1
    assert placewise("replay", "-").code == 0


def test_a_real_pipe_is_read(fleet):
    command = [sys.executable, "-m", "placewise", "match", "-", "--fleet", fleet]
    done = subprocess.run(command, input=JOB, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "here\n", "")


def test_a_script_becomes_a_job(placewise, given, tmp_path):
    given("#!/bin/bash\n#SBATCH --nodes=2\nsrun x\n")
    assert placewise("import", "jobs", "-", "--out", tmp_path / "jobs").code == 0
    assert [path.name for path in (tmp_path / "jobs").iterdir()] == ["stdin.json"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "standard input: the document is empty"),
        (b"[", "standard input, line "),
        (b"\xff\xfe", "standard input, byte 0: is not UTF-8 text"),
        (b"{version: 1}", "standard input, job 'stdin', "),
    ],
)
def test_errors_name_standard_input(placewise, given, fleet, content, said):
    given(content)
    done = placewise("match", "-", "--fleet", fleet)
    assert (done.code, done.out) == (2, "")
    assert said in done.err


def test_a_closed_standard_input_is_an_empty_one(placewise, monkeypatch, fleet):
    monkeypatch.setattr(sys, "stdin", None)
    done = placewise("match", "-", "--fleet", fleet)
    assert (done.code, done.out) == (2, "")
    assert "standard input: the document is empty" in done.err


@pytest.mark.parametrize("options", [[], ["--trace-format", "parquet"]])
def test_parquet_needs_a_file(placewise, given, options):
    pq.write_table(pa.table({"submit_s": [1]}), written := pa.BufferOutputStream())
    given(written.getvalue().to_pybytes())
    done = placewise("replay", "-", *options)
    assert (done.code, done.out) == (2, "")
    assert "standard input: is " in done.err
    assert "file" in done.err


def test_a_fleet_needs_a_path_and_nothing_is_written_to_standard_input(placewise, given, fleet, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    given(JOB)
    assert "standard input: no fleet" in placewise("match", "-", "--fleet", "-").err
    done = placewise("replay", "-", "--out", "-")
    assert done.code == 2
    assert "cannot be written" in done.err
    assert placewise("generate", "-", "--clusters", 2, "--jobs", 2).code == 2
    assert [path.name for path in tmp_path.iterdir()] == ["fleet"]
