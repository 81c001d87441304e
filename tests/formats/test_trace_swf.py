from __future__ import annotations

import gzip
import time

import numpy as np
import pytest
from drawn_traces import plain, traces
from hypothesis import given
from hypothesis import strategies as st

from placewise.errors import InputError
from placewise.formats.traces.read_trace import read_trace
from placewise.formats.traces.swf import reading as swf
from placewise.formats.traces.swf.reading import READ, exact_columns, quick_columns, read_swf
from placewise.formats.traces.swf.writing import write_swf
from placewise.model.traces.trace import UNKNOWN

LINE = "1 0 5 60 4 -1 -1 8 100 1024 1 3 2 -1 7 -1 -1 -1"
HEADER = (
    "; Version: 2.2\n; Computer: Our Machine\n; UnixStartTime: 1000\n; MaxNodes: 16\n; MaxProcs: 64 (4 a node)\n;\n"
)


def read(text):
    return read_swf(text if isinstance(text, bytes) else text.encode(), "a.swf")


def test_each_field_is_where_the_format_has_it():
    trace = read(HEADER + LINE + "\n")
    assert (trace.names.tolist(), trace.submit_s.tolist(), trace.waited_s.tolist()) == ([1], [0], [5])
    assert (trace.runtime_s.tolist(), trace.requested_s.tolist()) == ([60], [100])
    assert (trace.processors.tolist(), trace.requested_processors.tolist()) == ([4], [8])
    # KB a processor, of the processors that it asked for.
    assert trace.memory_bytes.tolist() == [1024 * 1024 * 8]
    assert [one.names for one in (trace.user, trace.group, trace.queue)] == [("3",), ("2",), ("7",)]
    assert (trace.source, trace.start_unix_s, trace.largest_machine) == ("Our Machine", 1000, 64)
    assert not trace.submits_are_starts
    assert trace.notes == ()


def test_without_a_header_nothing_is_said_of_the_machine():
    trace = read(LINE)
    assert (trace.machines, trace.start_unix_s, trace.largest_machine, trace.source) == ((), None, None, "a.swf")


@pytest.mark.parametrize("text", [LINE.replace(" ", "\t  ") + "\r\n\r\n", "  " + LINE + "  \n", "\n\n" + LINE, LINE])
def test_white_space_is_what_separates(text):
    assert quick_columns(text.encode()) is not None
    assert plain(read(text)) == plain(read(LINE))


def test_comments_between_jobs_are_left_out():
    assert len(read(f"{LINE}\n; a note\n{LINE}\n")) == 2


def test_headers_may_be_in_an_older_encoding():
    text = "; Computer: KTH Högskolan\n".encode("latin-1") + LINE.encode()
    assert read(text).source == "KTH Högskolan"


def test_a_header_may_say_that_submit_times_are_start_times():
    said = "; Note: There is not an information - the given submit\n;    times are actually start times\n"
    assert read(said + LINE).submits_are_starts


def test_jobs_are_put_in_order_of_submission_and_it_is_noted():
    rows = [f"{number} {submit} -1 {LINE.split(' ', 3)[3]}" for number, submit in ((1, 9), (2, 3), (3, 9), (4, 3))]
    trace = read("\n".join(rows))
    assert trace.names.tolist() == [2, 4, 1, 3]  # equal times keep the order of the file
    assert trace.waited_s is None
    assert len(trace.notes) == 1
    assert trace.notes[0].startswith("2 jobs were submitted before")


def test_preceding_jobs_are_earlier_rows():
    def line(number, before, think):
        return f"{number} 0 -1 1 1 -1 -1 1 1 -1 1 1 1 1 1 1 {before} {think}"

    trace = read("\n".join([line(10, 30, 1), line(20, 10, 5), line(30, 99, 5), line(40, 40, 5), line(50, 20, -1)]))
    assert trace.after.tolist() == [UNKNOWN, 0, UNKNOWN, UNKNOWN, 1]
    assert trace.think_s.tolist() == [UNKNOWN, 5, UNKNOWN, UNKNOWN, UNKNOWN]
    kept = trace.of(np.array([False, True, True, True, True]))
    assert kept.after.tolist() == [UNKNOWN, UNKNOWN, UNKNOWN, 0]
    assert kept.think_s.tolist() == [UNKNOWN] * 4


def job(number, submit=0, runtime=60, status=1, before=-1):
    return f"{number} {submit} 5 {runtime} 4 -1 -1 8 100 1024 {status} 3 2 -1 7 -1 {before} -1\n"


@pytest.mark.parametrize("whole", [0, 1, 5, -1])
def test_partial_executions_are_left_out_beside_the_line_of_the_whole_job(whole):
    """Version 2.2 has a line of the whole job first, then one of each part, of code 2, and 3 or 4 at the end."""
    parts = job(1, runtime=20, status=2) + job(1, -1, 40, 2) + job(1, -1, 30, 3)
    trace = read(job(1, runtime=90, status=whole) + parts + job(2, 5, before=1))
    assert (trace.names.tolist(), trace.runtime_s.tolist(), trace.after.tolist()) == ([1, 2], [90, 60], [-1, 0])
    assert trace.left_out == ((swf.PARTIAL, 3),)
    assert trace.notes == ()


def test_a_job_of_which_only_parts_are_there_is_not_lost():
    trace = read(job(1, runtime=20, status=2) + job(1, 30, 40, 3) + job(2, 40))
    assert (trace.names.tolist(), trace.left_out) == ([1, 1, 2], ())
    assert trace.notes == ("Further records of a job number that is above in the file, each a job here: 1.",)
    assert len(read(job(-1) + job(-1, status=2))) == 2


def test_numbers_of_jobs_that_occur_twice_are_noted_with_their_count():
    (note,) = read(job(1) + job(2, 1) + job(1, 2) + job(1, 3) + job(2, 4) + job(-1, 5) + job(-1, 6)).notes
    assert note.endswith(": 3.")
    assert read(job(2) + job(1, 1) + job(3, 2)).notes == ()


def test_numbers_below_zero_are_not_said_but_for_submission_times():
    trace = read("1 -5 -9 -1359980917 -3 -1 -1 -2 -7 -4 1 -8 -2 -1 -7 -1 -1 -1")
    assert trace.submit_s.tolist() == [-5]
    assert (trace.runtime_s.tolist(), trace.requested_s.tolist()) == ([UNKNOWN], [UNKNOWN])
    assert trace.user.codes.tolist() == [UNKNOWN]


def test_fractions_in_fields_that_are_not_kept_cost_nothing():
    text = LINE.replace(" 4 -1 -1 8 ", " 4 12.5 0.25 8 ")
    assert quick_columns(text.encode()) is not None
    assert plain(read(text)) == plain(read(LINE))


def test_fractions_are_rounded():
    trace = read(LINE.replace(" 60 ", " 59.6 "))
    assert trace.runtime_s.tolist() == [60]


@pytest.mark.parametrize(
    ("line", "place"),
    [
        (LINE.rsplit(" ", 1)[0], "line 8"),
        (LINE + " 1", "line 8"),
        (LINE.replace(" 60 ", " NaN "), "line 8, run time"),
        (LINE.replace(" 60 ", " inf "), "line 8, run time"),
        (LINE.replace(" 60 ", " 1" + "0" * 30 + " "), "line 8, run time"),
        (LINE.replace(" 60 ", " 9007199254740992 "), "line 8, run time"),
        (LINE.replace(" 60 ", " 1_0 "), "line 8, run time"),
        (LINE.replace(" 60 ", " x "), "line 8, run time"),
        (LINE.replace(" 60 ", " 0x1f "), "line 8, run time"),
        (LINE.replace(" 60 ", " " + "7" * 5_000_000 + " "), "line 8, run time"),
        (LINE.replace(" 60 ", " \x00 "), "line 8, run time"),
    ],
    ids=[
        "17 fields",
        "19",
        "NaN",
        "infinite",
        "10^30",
        "2^53",
        "underscore",
        "word",
        "hexadecimal",
        "enormous",
        "binary",
    ],
)
def test_a_bad_line_is_one_error_that_names_it(line, place):
    with pytest.raises(InputError) as error:
        read(f"{HEADER}{LINE}\n{line}\n{LINE}\n")
    assert error.value.place == place
    assert error.value.file == "a.swf"
    assert len(str(error.value)) < 400


@pytest.mark.parametrize("line", ["; Computer:" + " " * 2_000_000 + "x", "; " + "a" * 2_000_000, ";" * 2_000_000])
def test_enormous_headers_are_read_in_time(line):
    began = time.process_time()
    trace = read(f"{line}\n; submit {' ' * 100_000} x\n{LINE}")
    assert time.process_time() - began < 2
    assert len(trace.source) <= 200


def test_a_trace_without_jobs_is_refused():
    with pytest.raises(InputError, match="no jobs"):
        read(HEADER)


@pytest.mark.parametrize("cut", [0, 5, 40, -9])
def test_gzip_that_is_cut_off_or_broken_is_refused(tmp_path, cut):
    path = tmp_path / "a.swf.gz"
    whole = gzip.compress((LINE + "\n").encode() * 50)
    path.write_bytes(whole[:cut] if cut else whole[:12] + b"\x00" * 9 + whole[21:])
    with pytest.raises(InputError):
        read_trace(path)


@pytest.mark.parametrize("content", [b"", b" \n\n", b"\x1f\x8b", bytes(range(256)) * 9, b"\x7fELF\x00\x01" * 99])
def test_what_is_no_trace_is_refused(tmp_path, content):
    path = tmp_path / "a.swf"
    path.write_bytes(content)
    with pytest.raises(InputError) as error:
        read_trace(path)
    assert error.value.file == str(path)


number = (
    st.integers(-(2**53) + 1, 2**53 - 1)
    | st.decimals(-(2**52), 2**52, places=3)
    | st.sampled_from(["0.5", "1.5", "-2.5", "5.", ".5"])
)
spaces = st.text(" \t", min_size=1, max_size=3)


@given(st.data())
def test_the_quick_reader_reads_what_the_exact_one_does(data):
    draw = data.draw
    lines = []
    for _ in range(draw(st.integers(1, 4))):
        parts = [str(value) for value in draw(st.lists(number, min_size=18, max_size=18))]
        lines.append(draw(st.text(" \t", max_size=2)) + "".join(part + draw(spaces) for part in parts))
        lines += [""] * draw(st.integers(0, 1))
    block = draw(st.sampled_from(["\n", "\r\n"])).join(lines).encode()
    quick, exact = quick_columns(block), exact_columns(block, 0)
    assert quick is not None
    for field in READ:
        assert quick[field].tolist() == exact[field].tolist()
        assert quick[field].dtype == np.int64


@given(st.text("0123456789- \t\n\r.;eEnax+_\x00", max_size=80))
def test_whatever_the_quick_reader_takes_the_exact_one_takes_alike(text):
    block = (LINE + "\n" + text).encode()
    quick = quick_columns(block)
    if quick is not None:
        exact = exact_columns(block, 0)
        assert all(quick[field].tolist() == exact[field].tolist() for field in READ)


def test_blocks_do_not_change_what_is_read(monkeypatch):
    text = HEADER + "".join(
        f"{row} {row * 7} 0 60 4 -1 -1 8 {'9' * (row % 9 + 1)} -1 1 3 2 -1 7 -1 -1 -1\n" for row in range(99)
    )
    whole = plain(read(text))
    monkeypatch.setattr(swf, "_BLOCK", 100)
    assert plain(read(text)) == whole
    with pytest.raises(InputError) as error:
        read(text + "x")
    assert error.value.place == f"line {6 + 99 + 1}"


@given(trace=traces())
def test_what_is_written_is_read_again(trace, tmp_path_factory):
    path = tmp_path_factory.mktemp("swf") / "a.swf.gz"
    if trace.processor_parts != 1:
        with pytest.raises(InputError):
            write_swf(path, trace)
        assert list(path.parent.iterdir()) == []
        return
    write_swf(path, trace)
    again = read_trace(path, "swf")
    same = ("submit_s", "runtime_s", "requested_s", "processors", "requested_processors", "after", "submits_are_starts")
    found, wanted = plain(again), plain(trace)
    # Without a preceding job there is no think time in SWF.
    wanted["think_s"] = np.where(trace.after == UNKNOWN, UNKNOWN, trace.think_s).tolist()
    for name in (*same, "think_s", "waited_s"):
        assert found[name] == wanted[name], name
    for name in ("user", "group", "queue"):
        pairs = set(zip(found[name], wanted[name], strict=True))
        assert len(pairs) == len({one for one, _ in pairs}) == len({one for _, one in pairs}), name
    # Written again it is the same, byte for byte.
    write_swf(path.with_name("b.swf.gz"), again)
    write_swf(path.with_name("c.swf.gz"), read_trace(path.with_name("b.swf.gz"), "swf"))
    assert path.with_name("b.swf.gz").read_bytes() == path.with_name("c.swf.gz").read_bytes()


def test_public_traces_survive_being_written(public_data, tmp_path):
    for name in ("KTH-SP2-1996-2", "NASA-iPSC-1993-3.1-cln"):
        trace = read_trace(public_data / "traces" / f"{name}.swf.gz")
        write_swf(tmp_path / "a.swf", trace)
        found, wanted = plain(read_trace(tmp_path / "a.swf")), plain(trace)
        assert {name for name in wanted if found[name] != wanted[name]} == set()


def test_public_traces_are_whole(public_data):
    kth = read_trace(public_data / "traces" / "KTH-SP2-1996-2.swf.gz")
    assert (len(kth), kth.largest_machine, kth.start_unix_s) == (28_489, 100, 843_480_031)
    nasa = read_trace(public_data / "traces" / "NASA-iPSC-1993-3.1-cln.swf.gz")
    assert (len(nasa), nasa.largest_machine, nasa.submits_are_starts) == (18_239, 128, True)
    assert not (nasa.requested_s > 0).any()
