import json
import math
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from placewise.errors import InputError
from placewise.formats.jobs.build_lists import build_of, builds_of
from placewise.formats.jobs.build_writing import build_texts
from placewise.formats.jobs.jobspec_lists import jobspec_files
from placewise.formats.reading import parse_yaml
from placewise.model.jobs.records import BUILD_COLUMNS, Records

LLVM = """- attributes:
    duration: 3336.694354
    memory_global_best_runtime: 3577355547.2340426
    memory_of_top_ten_percent_runtime: 6960248977.901417
  name: 366405
  package: llvm
  resources:
    arch:
      arch: linux-ubuntu22.04-x86_64_v3
    compiler:
      compiler_name: gcc
      compiler_version: 11.4.0
    memory:
      mem_max: 14844923904.0
      mem_mean: 7021627780.86076
      mem_min: 0.0
"""
FILE = Path("jobspecs-1.yaml")


FIELDS = ("names", *BUILD_COLUMNS)


def column(records, name):
    return records.names if name == "names" else records.columns[name]


def rows(records):
    """Every record as a tuple; what is not given is None."""
    columns = [column(records, name) for name in FIELDS]
    listed = [column.tolist() if isinstance(column, np.ndarray) else column for column in columns]
    return [tuple(None if value != value else value for value in row) for row in zip(*listed, strict=True)]


def read(text, path=FILE):
    return builds_of([(path, text.encode())])


def as_json(text):
    return builds_of([(Path("jobspecs-1.json"), json.dumps(parse_yaml(text, "x")).encode())])


def test_a_build_is_read_as_it_is_published():
    assert rows(read(LLVM)) == [
        (
            *("366405", "llvm", "linux-ubuntu22.04-x86_64_v3", "gcc", "11.4.0"),
            *(14844923904.0, 7021627780.86076, 0.0, 3336.694354, 3577355547.2340426),
        )
    ]
    assert rows(as_json(LLVM)) == rows(read(LLVM))
    assert all(column(read(LLVM), name).dtype == np.float64 for name in FIELDS[5:])


amounts = st.floats(min_value=0, exclude_min=True, allow_infinity=False)
texts = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=6) | st.sampled_from(
    ["null", "True", "1.10", "11", "007", "1e5", "-", "it's", "a: b", "x" * 2000, "1" * 30, "~", "<<", "="]
)
versions = st.from_regex(r"[0-9]{1,3}(\.[0-9]{1,3}){0,3}[a-z]?|develop|true", fullmatch=True)


@st.composite
def build_records(draw):
    names = draw(st.lists(texts, min_size=1, max_size=5, unique=True))
    column = lambda values: draw(st.lists(values, min_size=len(names), max_size=len(names)))  # noqa: E731
    memory = [sorted(one) for one in column(st.tuples(amounts | st.just(0.0), amounts, amounts))]
    minimum, mean, maximum = (np.array(one) for one in zip(*memory, strict=True))
    return Records.of_builds(
        tuple(names),
        *(tuple(column(texts)) for _ in range(3)),
        tuple(column(versions)),
        *(maximum, mean, minimum),
        np.array(column(amounts)),
        np.array(column(amounts | st.just(math.nan))),
    )


@given(build_records(), st.integers(1, 3))
def test_builds_read_back_as_they_were_written(records, per_file):
    files = build_texts(records, per_file=per_file)
    assert len(files) == -(-len(records) // per_file)
    again = builds_of([(Path(name), content) for name, content in files.items()])
    assert rows(again) == rows(records)
    assert build_texts(again, per_file=per_file) == files


def spoiled(old, new):
    assert LLVM.count(old) == 1, old
    return LLVM.replace("366405", "1") + LLVM.replace(old, new)


JOB = "job '366405'"
BAD = [
    *[
        (f"{field}: {value}", f"{field}: {bad}", f"{JOB}, {field}: is not a")
        for field, value in (
            ("mem_max", "14844923904.0"),
            ("mem_mean", "7021627780.86076"),
            ("duration", "3336.694354"),
            ("memory_global_best_runtime", "3577355547.2340426"),
            ("memory_of_top_ten_percent_runtime", "6960248977.901417"),
        )
        for bad in ("0", "0.0", "-1.0", ".nan", ".inf", "1.0e999", "'1.0'", "true", "[1]", "1e3")
    ],
    *[("mem_min: 0.0", f"mem_min: {bad}", f"{JOB}, mem_min: is not a") for bad in ("-1", ".nan", ".inf", "'0'", "~")],
    ("duration: 3336.694354", "duration: ~", f"{JOB}, duration: is not a number"),
    ("mem_min: 0.0", "mem_min: 1.0e+15", f"{JOB}, mem_min: exceeds mem_max; expected at most 14844923904.0"),
    ("compiler_version: 11.4.0", "compiler_version: 11.4", f"{JOB}, compiler_version: a version is written as a num"),
    ("compiler_version: 11.4.0", "compiler_version: 'a b'", f"{JOB}, compiler_version: not a version"),
    ("compiler_name: gcc", "compiler_name: ~", f"{JOB}, compiler_name: is not text"),
    ("package: llvm", "package: ''", f"{JOB}, package: is not text"),
    ("package: llvm", "package: 1.5", f"{JOB}, package: is not text"),
    ("      arch: linux-ubuntu22.04-x86_64_v3", "      arch: [x]", f"{JOB}, arch: is not text"),
    ("  package: llvm\n", "", f"{JOB}: has no package"),
    ("    duration: 3336.694354\n", "", f"{JOB}, attributes: has no duration"),
    ("      mem_mean: 7021627780.86076\n", "", f"{JOB}, memory: has no mem_mean"),
    ("      compiler_version: 11.4.0\n", "", f"{JOB}, compiler: has no compiler_version"),
    ("mem_min: 0.0", "mem_min: 0.0\n      mem_sum: 1", f"{JOB}, memory: holds an unknown field"),
    ("  package: llvm", "  package: llvm\n  color: red", "job 2: holds an unknown field"),
    ("    arch:\n", "    gpu:\n", f"{JOB}, resources: holds an unknown field"),
    ("  name: 366405\n", "", "job 2: has no name"),
    ("name: 366405", "name: 1.5", "job 2, name: is not text"),
    ("  package: llvm", "  package: llvm\n  package: llvm", "line 23, column 3: is not valid YAML"),
    ("    duration: 3336.694354", "    duration: [", "is not valid YAML"),
    ("  package: llvm", "  1: llvm", "job 2: a key is not text"),
]


@pytest.mark.parametrize(("old", "new", "said"), BAD)
def test_a_bad_build_is_refused_by_file_job_and_field(old, new, said):
    good = (Path("jobspecs-1.yaml"), LLVM.replace("366405", "0").encode())
    with pytest.raises(InputError) as caught:
        builds_of([good, (Path("jobspecs-2.yaml"), spoiled(old, new).encode())])
    text = str(caught.value)
    assert text.startswith("jobspecs-2.yaml, ")
    assert said in text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: b", "is not a list of jobs"),
        ("- llvm", "job 1: is not a mapping"),
        ("- {name: a, package: b, attributes: 1, resources: {}}", "job 'a', attributes: is not a mapping"),
        ("[]", "there are no jobs"),
        ("", "the document is empty"),
        ("[" * 200, "nested too deeply"),
    ],
)
def test_a_document_of_something_else_is_refused(text, said):
    with pytest.raises(InputError, match=re.escape(said)) as caught:
        read(text)
    assert caught.value.file == str(FILE)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5) | st.integers(), inner, max_size=3),
    max_leaves=8,
)


@given(st.data())
def test_any_entry_is_a_build_or_an_input_error(data):
    (entry,) = parse_yaml(LLVM, "x")
    inner = entry
    while True:
        key = data.draw(st.sampled_from(sorted(inner)))
        if not isinstance(inner[key], dict) or data.draw(st.booleans()):
            break
        inner = inner[key]
    inner[key] = data.draw(anything)
    try:
        build = build_of(entry, "job 1")
    except InputError as error:
        assert error.place.startswith("job ")
    else:
        assert len(build) == 11


def test_the_first_error_in_the_order_of_the_files_is_told():
    bad = LLVM.replace("duration: 3336.694354", "duration: -1.0")
    with pytest.raises(InputError, match="^a.yaml, job '366405', duration"):
        builds_of([(Path("a.yaml"), bad.encode()), (Path("b.yaml"), b"["), (Path("c.yaml"), LLVM.encode())])


def test_equal_builds_are_repeats_and_count():
    two = builds_of([(FILE, LLVM.encode()), (Path("b.yaml"), (LLVM * 2).encode())])
    assert two.names == ("366405",) * 3
    without = re.sub(" *memory_global.*\n", "", LLVM)
    assert len(read(without * 2)) == 2  # what is not given is the same for both


@pytest.mark.parametrize(
    "other",
    [
        LLVM.replace("14844923904.0", "14844923905.0"),
        LLVM.replace("package: llvm", "package: clang"),
        re.sub(" *memory_global.*\n", "", LLVM),
    ],
)
def test_two_builds_of_one_name_that_differ_are_refused(other):
    with pytest.raises(InputError) as caught:
        builds_of([(Path("a.yaml"), LLVM.encode()), (Path("b.yaml"), (LLVM.replace("366405", "7") + other).encode())])
    assert str(caught.value).startswith("b.yaml, job 2, and job 1 of a.yaml: two jobs are named '366405' and differ")
    assert len(read(LLVM + other.replace("366405", "'366406'"))) == 2


def records_of(*names, **changes):
    text = "".join(LLVM.replace("366405", f"'{name}'") for name in names)
    one = read(text)
    return Records.of_builds(**{name: changes.get(name, column(one, name)) for name in FIELDS})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"packages": ("",)}, "job 'a', package: is not text"),
        ({"compiler_version": ("a b",)}, "job 'a', compiler_version: not a version"),
        ({"memory_min_bytes": np.array([1e15])}, "job 'a', mem_min: exceeds mem_max"),
        ({"best_memory_bytes": np.array([-1.0])}, "job 'a', memory_global_best_runtime: is not a usable"),
        ({"arch": ("\ud800",)}, "build 'a': the text is not Unicode"),
    ],
)
def test_what_could_not_be_read_back_is_not_written(changes, said):
    with pytest.raises(InputError, match=said):
        build_texts(records_of("a", **changes))


def test_builds_that_would_clash_and_files_without_builds_are_not_written():
    with pytest.raises(InputError, match="two builds are named 'a' and differ"):
        build_texts(records_of("a", "a", duration_s=np.array([1.0, 2.0])))
    with pytest.raises(InputError, match="without builds"):
        build_texts(records_of("a").select(np.array([], dtype=np.int64)))
    with pytest.raises(InputError, match="at least 1 build per file"):
        build_texts(records_of("a"), per_file=0)


@pytest.fixture(scope="module")
def documents(public_data):
    return [(path, path.read_bytes()) for path in jobspec_files(public_data / "spack-build" / "jobspecs")]


@pytest.fixture(scope="module")
def real(documents):
    return builds_of(documents)


@pytest.mark.slow
def test_the_real_builds_are_all_read(real):
    assert len(real) == len(set(real.names)) == 31_622
    assert len(set(real.texts("packages"))) == 171
    assert len(set(zip(*(real.texts(name) for name in ("arch", "compiler", "compiler_version")), strict=True))) == 13
    assert np.isfinite(real.numbers("best_memory_bytes")).all()
    assert real.numbers("memory_min_bytes").min() == 0


def test_the_real_builds_are_written_as_they_were_published(documents, real):
    files = build_texts(real)
    published = {
        path.name: re.sub(rb" *memory_of_top_ten_percent_runtime.*\n", b"", content) for path, content in documents
    }
    assert files == published
