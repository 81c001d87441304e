"""Requirements on one line: what they mean, that they are written as they are read, and what is refused."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placewise.errors import InputError
from placewise.model.requirements.contradictions import contradiction
from placewise.model.requirements.predicates import Contains, Equals, InVersionRange, OneOf, Within
from placewise.model.requirements.requirement import (
    DEEPEST,
    Condition,
    Requirement,
    all_of,
    any_of,
    holds_version,
    negated,
)
from placewise.model.requirements.requirement_line import LONGEST, parse_requirement
from placewise.model.versions.range_notation import is_range
from placewise.model.versions.version_range import parse_bounds, parse_versions

texts = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=5) | st.sampled_from(
    ["gcc", "1.10", "-1", "1e5", "and", "not", "in", "contains", ">=16 GB", 'a"b', "a\\\\", "x86_64_v3", "1:2", "inf"]
)
names = texts.filter(bool)
numbers = st.integers() | st.floats(allow_nan=False)
ranges = st.sampled_from(["1:2", "2.7:2.8,3.6:", "=1.2", ":<1.3", ">1.2:", ">1.2.*:=3", ":", "no version", "12:12"])


@st.composite
def conditions(draw):
    field = draw(st.sampled_from(["version", "compiler_version", "name", "memory"]) | texts.filter(bool))
    versions = holds_version(field)
    match draw(st.integers(0, 4)):
        case 0:
            predicate = Equals(draw(texts))
        case 1:
            plain = texts.filter(lambda text: not is_range(text)) if versions else texts
            predicate = OneOf(tuple(draw(st.lists(plain, min_size=1, max_size=3))))
        case 2:
            predicate = Contains(tuple(draw(st.lists(texts, min_size=1, max_size=3))))
        case 3 if not versions:
            low, high = draw(st.tuples(numbers, numbers).map(sorted) | st.tuples(texts, texts | numbers))
            predicate = Within(*draw(st.sampled_from([(low, None), (None, high), (low, high)])))
        case _:
            predicate = InVersionRange(parse_versions(draw(ranges)))
    return Condition(field, predicate)


tests = st.builds(Requirement, names, st.lists(conditions(), max_size=4).map(tuple)).filter(
    lambda test: contradiction(test.conditions) is None
)
expressions = st.recursive(
    tests,
    lambda inner: (
        inner.map(negated)
        | st.lists(inner, min_size=1, max_size=3).map(any_of)
        | st.lists(inner, min_size=1, max_size=3).map(all_of)
    ),
    max_leaves=8,
)


@given(expressions)
@settings(max_examples=settings.default.max_examples * 5)
def test_what_is_written_reads_back_equal(expression):
    assert parse_requirement(str(expression)) == expression


def version(text):
    return Condition("version", InVersionRange(parse_versions(text)))


def asked(subsystem, **texts):
    return Requirement(subsystem, tuple(Condition(field, Equals(text)) for field, text in texts.items()))


A, B, C = map(Requirement, "abc")

MEANT = {
    "compiler{name=gcc, version=12:14} and (mpi{name=openmpi} or mpi{name=mpich})": all_of(
        [
            Requirement("compiler", (Condition("name", Equals("gcc")), version("12:14"))),
            any_of([asked("mpi", name="openmpi"), asked("mpi", name="mpich")]),
        ]
    ),
    "hdf5@1.12: and not gpu": Requirement("hdf5", (version("1.12:"),)) & ~Requirement("gpu"),
    "gcc@12": Requirement("gcc", (version("12:12"),)),
    "gcc@=12": Requirement("gcc", (version("=12"),)),
    "gcc@12:14": Requirement("gcc", (version("12:14"),)),
    "gcc@2.7:2.8,3.6:": Requirement("gcc", (version("2.7:2.8,3.6:"),)),
    'gcc@">=3.8,<3.11"': Requirement("gcc", (version(">=3.8,<3.11"),)),
    "gcc@12:{name=x}": Requirement("gcc", (version("12:"), Condition("name", Equals("x")))),
    "gcc{version=12}": asked("gcc", version="12"),
    "gcc{version=12:12}": Requirement("gcc", (version("12:12"),)),
    'gcc{version==12:12, name=="a"}': asked("gcc", version="12:12", name="a"),
    "gcc{version>=3.8, version<3.11}": Requirement("gcc", (version(">=3.8"), version("<3.11"))),
    "gcc{version<=4.1}": Requirement("gcc", (version("<=4.1"),)),
    "gcc{version!=3.9}": Requirement("gcc", (version("!=3.9"),)),
    "gcc{version in (12:13, 15)}": Requirement("gcc", (version("12:13,=15"),)),
    "libc{release@2.17:}": Requirement("libc", (Condition("release", InVersionRange(parse_bounds("2.17", None))),)),
    "gpu{memory>=40, memory<=80}": Requirement("gpu", (Condition("memory", Within(40, 80)),)),
    "gpu{memory<=80,memory>=40}": Requirement(
        "gpu", (Condition("memory", Within(None, 80)), Condition("memory", Within(40)))
    ),
    'gpu{memory>="8.0"}': Requirement("gpu", (Condition("memory", Within("8.0")),)),
    "gpu{memory>=1Gi}": Requirement("gpu", (Condition("memory", Within("1Gi")),)),
    "gpu{memory>16}": asked("gpu", memory=">16"),
    "gpu{ecc=true}": asked("gpu", ecc="true"),
    "mpi{name in (openmpi, mpich)}": Requirement("mpi", (Condition("name", OneOf(("openmpi", "mpich"))),)),
    "cpu{features contains avx512f}": Requirement("cpu", (Condition("features", Contains(("avx512f",))),)),
    "cpu{features contains (avx2, avx512f)}": Requirement(
        "cpu", (Condition("features", Contains(("avx2", "avx512f"))),)
    ),
    "arch{target=linux-amzn2-x86_64_v3}": asked("arch", target="linux-amzn2-x86_64_v3"),
    '"and"{"in"=contains}': asked("and", **{"in": "contains"}),
    "scratch{}": Requirement("scratch"),
    "a or b and c": A | (B & C),
    "(a or b) and c": (A | B) & C,
    "not a and b": ~A & B,
    "not (a and b)": ~(A & B),
    "not not a": A,
    "not(a)or(((b)))": ~A | B,
    "order and notes": Requirement("order") & Requirement("notes"),
    "a{x=1} and a{x=2}": asked("a", x="1") & asked("a", x="2"),
}


@pytest.mark.parametrize("text", MEANT)
def test_a_line_means(text):
    assert parse_requirement(text) == MEANT[text]
    assert Requirement.parse(f"  {text} ") == MEANT[text]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the requirement is empty"),
        ("   ", "the requirement is empty"),
        ("and", "column 1: is not a requirement; expected a name"),
        ("a and", "column 6: is not a requirement; expected a name"),
        ("a b", "column 3: is not a requirement; expected 'and', 'or', '{', '@' or the end; found 'b'"),
        ("a)", "column 2"),
        ("(a", "column 3: is not a requirement; expected ')'; found the end of the line"),
        ("a{", "column 3"),
        ("a{b", "column 4: is not a requirement; expected = or another comparison"),
        ("a{b=}", "column 5: is not a requirement; expected a text in \"quotes\" or a value; found '}'"),
        ("a{b=16 GB}", "column 8: is not a requirement; expected '}' or a comma; found 'GB'"),
        ("a{x contains ()}", "column 15"),
        ("a{x in b}", "column 8: is not a requirement; expected '('"),
        ('a{"x', "column 3"),
        ('""', "column 1: a name is empty"),
        ("a @", "column 4"),
        ("a\tb", "column 2: holds a control character"),
        ("a\nb", "column 2: holds a control character"),
        ('a{x="\\u0001"}', "column 5: holds a control character"),
        ('a{x="\\ud800"}', "column 5: is not a text in quotes"),
        ('a{x="\\q"}', "column 5: is not a text in quotes"),
        ("a{b!=3}", "column 6: != is said of versions only; expected `not SUBSYSTEM{b=3}`"),
        ("a{version=3:2}", "column 11: the minimum 3 exceeds the maximum 2"),
        ("a and gcc@3:2", "column 11: the minimum 3 exceeds the maximum 2"),
        ("gcc@!", "column 5"),
        ("a{m>=3, m<=2}", "the minimum 3 exceeds the maximum 2"),
        ("b and a{x=1, x=2}", "column 7: one a cannot meet both x=1 and x=2; expected `and` between"),
        ("x" * 10**6, "a requirement is too long"),
        ("(" * LONGEST, "column 100001"),
        ("a(" * (LONGEST // 2), "column 2"),
        ("not " * (LONGEST // 4), "is not a requirement"),
        ("a and " * 2000 + "a", "too many requirements; expected at most 1000"),
        ("(a or (b and " * (DEEPEST + 1) + "c" + "))" * (DEEPEST + 1), "nested too deeply"),
        ("{" * LONGEST, "column 1"),
        ("gpu{model='a100'}", 'column 11: is not a requirement; expected a text in "quotes"'),
        ("gpu{model in (a100, 'v100')}", "column 21"),
        ("hdf5@'1.12'", "column 6"),
        ("a{" + "b=1," * 20_000, "is not a requirement"),
    ],
)
def test_what_is_no_requirement_is_refused_in_one_sentence(text, said):
    start = time.perf_counter()
    with pytest.raises(InputError) as caught:
        parse_requirement(text)
    assert said in str(caught.value)
    assert len(str(caught.value)) < 300
    assert time.perf_counter() - start < 5


@pytest.mark.parametrize(
    "text",
    [
        "(" * 40_000 + "a" + ")" * 40_000,
        "not " * 20_000 + "a",
        "(" * 999 + "a" + "".join(f" and b{n})" for n in range(999)),
        "".join(f"(b{n} or " for n in range(999)) + "a" + ")" * 999,
        "a{b in (" + "x," * 30_000 + "y)}",
    ],
)
def test_long_lines_are_read_quickly(text):
    start = time.perf_counter()
    assert parse_requirement(text)
    assert time.perf_counter() - start < 5


pieces = st.sampled_from(
    [*'(){}@=<>!,"\\', " and ", " or ", "not ", " in ", " contains ", "a", "version", "1:2", "1.10", " "]
)


@given(st.lists(pieces, max_size=12).map("".join) | st.text(max_size=10))
@settings(max_examples=settings.default.max_examples * 5)
def test_any_text_is_read_or_refused(text):
    try:
        found = parse_requirement(text)
    except InputError:
        return
    assert parse_requirement(str(found)) == found
