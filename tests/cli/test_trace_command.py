"""placewise trace: what is in a trace, and the same trace in another format."""

from __future__ import annotations

import json

import pytest

from placewise.formats.traces.read_trace import read_trace

JOBS = (
    "; Computer: Our SP2\n; MaxProcs: 64\n; UnixStartTime: 1000\n"
    "1 0 5 60 4 -1 -1 8 100 1024 1 3 2 -1 7 -1 -1 -1\n"
    "2 50 5 200 4 -1 -1 -1 100 -1 1 4 2 -1 7 -1 -1 -1\n"
    "3 100 5 0 4 -1 -1 4 100 -1 1 3 2 -1 7 -1 -1 -1\n"
)


@pytest.fixture
def trace(tmp_path):
    path = tmp_path / "a.swf"
    path.write_text(JOBS)
    return path


def test_it_says_what_is_there(placewise, trace):
    done = placewise("trace", trace)
    assert done.code == 0
    assert done.out.startswith("Our SP2: 3 jobs.\n")
    assert "No job gives: GPUs, requirements, preceding jobs." in done.out
    assert all(len(line) <= 120 for line in done.out.splitlines())


def test_json_has_the_numbers(placewise, trace):
    found = json.loads(placewise("trace", trace, "--json").out)
    assert (found["jobs"], found["users"], found["span_s"], found["processors"]) == (3, 2, 100, 64)
    assert found["processor_seconds"] == 60 * 4 + 200 * 4
    assert found["load"] == pytest.approx((60 * 4 + 200 * 4) / (64 * 100))
    assert found["mean_wait_s"] == 5
    assert found["said_by_some_jobs"]["memory"] == 1
    strict = json.loads(placewise("trace", trace, "--json", "--clean", "strict").out)
    assert strict["cleaning"] == {
        "filter": "strict",
        "jobs_before": 3,
        "dropped": {"the runtime is not positive": 1},
        "asked_set_to_given": 1,
        "runtimes_cut_at_limit": 1,
    }


@pytest.mark.parametrize("name", ["b.parquet", "b.swf", "b.swf.gz"])
def test_it_converts_what_cleaning_left(placewise, trace, tmp_path, name):
    done = placewise("trace", trace, "--clean", "strict", "--out", tmp_path / name)
    assert done.code == 0
    assert "2 jobs written" in done.err
    assert read_trace(tmp_path / name).runtime_s.tolist() == [60, 100]
    again = placewise("trace", trace, "--out", tmp_path / name)
    assert again.code == 2
    assert placewise("trace", trace, "--out", tmp_path / name, "--force").code == 0
    assert len(read_trace(tmp_path / name)) == 3


@pytest.mark.parametrize(
    "arguments",
    [
        ("--out", "b.csv"),
        ("--clean", "loosely"),
        ("--trace-format", "xml"),
        ("--trace-format", "alea"),
        ("--trace-format", "sacct"),
        ("--trace-format", "openb"),
        ("--trace-format", "parquet"),
        ("--machines", "nowhere", "--trace-format", "alea"),
    ],
)
def test_wrong_use_is_one_line(placewise, trace, arguments):
    done = placewise("trace", trace, *arguments)
    assert done.code == 2
    assert done.out == ""
    assert len(done.err.splitlines()) == 1


def test_a_file_that_is_none_is_one_line(placewise, tmp_path):
    for content in (None, b"", b"\x00" * 99, b"{}", b"a,b\n1,2\n"):
        path = tmp_path / "x"
        if content is not None:
            path.write_bytes(content)
        done = placewise("trace", path)
        assert (done.code, len(done.err.splitlines())) == (2, 1)
        assert "Traceback" not in done.err


def test_nothing_left_is_shown_and_not_written(placewise, trace, tmp_path):
    trace.write_text(JOBS.replace(" 60 4 ", " 0 4 ").replace(" 200 4 ", " 0 4 "))
    done = placewise("trace", trace, "--clean", "strict")
    assert done.code == 0
    assert "0 jobs of 3" in done.out
    assert placewise("trace", trace, "--clean", "strict", "--out", tmp_path / "b.swf").code == 2
    assert not (tmp_path / "b.swf").exists()


def test_jobs_that_no_machine_can_hold_are_counted(placewise, tmp_path):
    def line(number, request, processors, memory=1 << 30):
        return f"{number} 0 3 60 {processors} 1 1 {processors} 99 {memory} 1 7 1 1 -1 1 1 1 -1 q {request}\n"

    (tmp_path / "a.machines").write_text("0 one 2 8 1 1048576\n1 two 4 4 1 2097152\n")
    rows = [
        *(("2:ppn=8", 16), ("4:ppn=4", 16), ("1:ppn=4:mem=2gb", 4)),
        *(("3:ppn=8", 24), ("4:ppn=5", 20), ("1:ppn=8:mem=2gb", 8), ("1:gpu=1", 1), ("5", 5)),
    ]
    (tmp_path / "a.swf").write_text("".join(line(number, *row) for number, row in enumerate(rows)))
    found = json.loads(placewise("trace", tmp_path / "a.swf", "--json").out)
    assert found["jobs_too_large_for_any_machine"] == 5
    assert "no machine can hold" in placewise("trace", tmp_path / "a.swf").out


def test_evidence_is_shown(placewise, public_data):
    done = placewise("trace", public_data / "traces" / "wagap-2013.swf.gz")
    assert done.code == 0
    row = next(line.split() for line in done.out.splitlines() if line.startswith("property nfs4"))
    assert row[5:] == ["2,285:", "has", "it", "2,360:", "has", "it"]
