"""Every row of the table of kinds, and the cases that came from reports."""

import pytest

from placewise.errors import Incomparable, InputError
from placewise.kinds.resolving import test_of as resolved
from placewise.model.fleets.vocabulary import FieldKind, Vocabulary
from placewise.model.requirements.predicates import Contains, Equals, InNumericRange, InVersionRange, OneOf, Within
from placewise.model.requirements.requirement import Condition
from placewise.model.versions.version_range import parse_bounds

TEXT, FLAG, NUMBER, QUANTITY, VERSION, TARGET, SET = (
    FieldKind(name) for name in ("text", "flag", "number", "quantity", "version", "target", "set")
)
NOTHING = Vocabulary()


def asked(kind, predicate, value, *, subsystem="thing", field="what", aliases=None, **beside):
    said = Vocabulary(
        kinds={} if kind is None else {(subsystem, field): kind},
        aliases={(subsystem, field): aliases} if aliases else {},
    )
    return resolved(subsystem, Condition(field, predicate), said)(value, {field: value, **beside})


def scheme(name):
    return FieldKind("version", scheme=name)


@pytest.mark.parametrize(
    ("kind", "predicate", "value", "expected"),
    [
        (TEXT, Equals("lustre"), "lustre", True),
        (TEXT, Equals("lustre"), "nfs", False),
        (TEXT, Equals("a:b"), "a:b", True),
        (TEXT, Equals("12"), 12, True),
        (TEXT, OneOf(("a", "b")), "b", True),
        (TEXT, OneOf(("a", "b")), "c", False),
        (TEXT, Contains(("a",)), ("a", "b"), True),
        (FLAG, Equals("true"), True, True),
        (FLAG, Equals("true"), "true", True),
        (FLAG, Equals("false"), True, False),
        (FLAG, Equals("maybe"), "maybe", True),
        (FLAG, OneOf(("maybe", "true")), True, True),
        (NUMBER, Equals("8.0"), 8, True),
        (NUMBER, Equals("8.6"), 8.6, True),
        (NUMBER, Equals("8.60"), "8.6", True),
        (NUMBER, Equals("8"), 8.6, False),
        (NUMBER, Equals("high"), "high", True),
        (NUMBER, OneOf(("7", "8")), 8.0, True),
        (NUMBER, Within("8.0"), 8.6, True),
        (NUMBER, Within("8.0"), "7.5", False),
        (NUMBER, Within(None, 9), 10, False),
        (NUMBER, Equals(">=8"), 8, True),
        (NUMBER, Equals(">=8,<9"), 8.6, True),
        (NUMBER, Equals(">=8,<9"), 9, False),
        (NUMBER, Equals(">8"), 8, False),
        (NUMBER, Equals("!=8"), 8, False),
        (NUMBER, Equals("==8.0"), 8, True),
        (NUMBER, InNumericRange(8), 8.6, True),
        (NUMBER, Within(9007199254740993), 9007199254740992, False),
        (NUMBER, Within("9007199254740993"), "9007199254740992", False),
        (QUANTITY, Within("1Gi"), "512Mi", False),
        (QUANTITY, Within("2 GB"), "2 GiB", True),
        (QUANTITY, Within("2 GiB"), "2 GB", False),
        (QUANTITY, Equals("64 GB"), "64000 MB", True),
        (QUANTITY, Equals("64 GB"), "64 GiB", False),
        (QUANTITY, OneOf(("32 GB", "64 GB")), "64000000 kb", True),
        (QUANTITY, Within("1022 GB"), "1022318284kb", True),
        (QUANTITY, Within("6 MB", "6 MB"), "6000K", True),
        (QUANTITY, Within("6000Ki"), "6000K", False),
        (QUANTITY, Equals(">=2.5 GHz,<3 GHz"), "2600 MHz", True),
        (QUANTITY, Equals("250 W"), "0.25 kW", True),
        (QUANTITY, Within("10 Gbit/s"), "1 GB/s", False),
        (QUANTITY, Within("8 Gbit/s"), "1 GB/s", True),
        (QUANTITY, Within("90 s"), "1.5 min", True),
        (QUANTITY, Within("20 degC"), "300 kelvin", True),
        (QUANTITY, Within("20 degC"), "290 kelvin", False),
        (QUANTITY, Within(40), 80, True),
        (QUANTITY, Within(40.5), 40, False),
        (QUANTITY, Within("40"), "80", True),
        (QUANTITY, InNumericRange(40), 39, False),
        (QUANTITY, Equals("nvme"), "nvme", True),
        (QUANTITY, Equals("nvme"), "lustre", False),
        (VERSION, Equals("12"), "12", True),
        (VERSION, Equals("12"), 12, True),
        (VERSION, Equals("12"), "12.3.0", False),
        (VERSION, Equals("12:12"), "12.3.0", True),
        (VERSION, Equals("=12"), "12.3.0", False),
        (VERSION, Equals("3.8:3.10"), "3.9", True),
        (VERSION, Equals(">=3.8,<3.11"), "3.9", True),
        (VERSION, Equals(">=3.8,<3.11"), "3.11", False),
        (VERSION, Equals("2.7:2.8,3.6:"), "2.8.1", True),
        (VERSION, Equals("2.7:2.8,3.6:"), "3.0", False),
        (VERSION, Equals("<=4.1"), "4.1.6", False),
        (VERSION, Equals(":4.1"), "4.1.6", True),
        (VERSION, Within(None, "4.1"), "4.1.6", True),
        (VERSION, Within(12), "12.1", True),
        (VERSION, OneOf(("11", "12:13")), "13.1", True),
        (VERSION, OneOf(("11", "12:13")), "11.1", False),
        (VERSION, InVersionRange(parse_bounds("525", None)), "525.60.13", True),
        (TARGET, Equals(">=x86_64_v3"), "zen2", True),
        (TARGET, Equals(">=x86_64_v3"), "cascadelake", True),
        (TARGET, Equals(">=x86_64_v3"), "nehalem", False),
        (TARGET, Equals(">=x86_64_v3"), "x86_64_v3", True),
        (TARGET, Equals(">x86_64_v3"), "x86_64_v3", False),
        (TARGET, Equals(">=x86_64_v3"), "power9le", False),
        (TARGET, Equals("zen2"), "zen3", False),
        (TARGET, Equals("haswell:skylake"), "broadwell", True),
        (TARGET, Equals(":haswell,zen2:"), "broadwell", False),
        (TARGET, Equals("!=zen2"), "zen3", True),
        (TARGET, OneOf(("zen3", ">=haswell")), "skylake", True),
        (TARGET, Within("haswell", "skylake"), "broadwell", True),
        (TARGET, Equals("linux-amzn2-x86_64_v3"), "linux-amzn2-x86_64_v3", True),
        (TARGET, Equals("zen2"), "linux-amzn2-x86_64_v3", False),
        (SET, Contains(("avx512f",)), ("avx2", "avx512f"), True),
        (SET, Contains(("avx512f", "sse")), ("avx2", "avx512f"), False),
        (SET, Equals("avx2"), ("avx2", "avx512f"), True),
        (SET, Equals("sse"), ("avx2", "avx512f"), False),
        (SET, OneOf(("sse", "avx2")), ("avx2", "avx512f"), True),
        (SET, OneOf(("sse", "mmx")), ("avx2", "avx512f"), False),
        (scheme("semver"), Within("1.2.0"), "1.2.0-rc.1", False),
        (scheme("semver"), Equals("1.2.0"), "v1.2.0", True),
        (scheme("pep440"), Within("1.0"), "1.0.dev3", False),
        (scheme("pep440"), Equals("1.0"), "1.0.0", True),
        (scheme("debian"), Within("1.5.0"), "1.5.0~git20150128", False),
        (scheme("debian"), Equals("1:1.2"), "1:1.2-0", True),
        (scheme("debian"), Equals("1:1.2"), "1.2", False),
        (scheme("debian"), Equals("1:1.2"), "1:1.2.3", False),
        (scheme("pep440"), Equals("2.7:2.8,3.6:"), "2.8.1", True),
        (scheme("pep440"), Equals("2.7:2.8,3.6:"), "3.0", False),
        (scheme("debian"), Equals("1:1.2:"), "1:1.3", True),
        (scheme("debian"), Equals("1.2"), "1.02", True),
        (scheme("rpm"), Within("1:1.1"), "1:1.1.1k-9.el8", True),
        (scheme("rpm"), Equals(">=1.1,!=1.1.1"), "1.1.1", False),
        *((scheme(name), Equals(":4.1"), "4.1.6", True) for name in ("semver", "pep440", "debian", "rpm")),
        *((scheme(name), Equals(":4.1"), "4.10.1", False) for name in ("semver", "pep440", "debian", "rpm")),
        *((scheme(name), Equals("<=4.1"), "4.1.6", False) for name in ("semver", "pep440", "debian", "rpm")),
        *((scheme(name), InVersionRange(parse_bounds("4", "4.1")), "4.1.6", True) for name in ("semver", "debian")),
    ],
)
def test_a_value_passes_or_does_not(kind, predicate, value, expected):
    assert asked(kind, predicate, value) is expected


@pytest.mark.parametrize(
    ("kind", "predicate", "names"),
    [
        (TEXT, Within("b"), "a text has no order.*found 'b'"),
        (TEXT, Equals(">=x"), "a text has no order.*found '>=x'"),
        (TEXT, OneOf(("a", "<b")), "a text has no order"),
        (TEXT, InVersionRange(parse_bounds("1", None)), "a text is asked for a range of versions"),
        (TEXT, InNumericRange(1), "a text is asked for a range of numbers"),
        (FLAG, Within(1), "a flag is asked for what lies between bounds"),
        (FLAG, Equals(">=true"), "a flag has no order"),
        (NUMBER, Within("big"), "a number is compared with what is none.*found 'big'"),
        (NUMBER, Equals(">=big"), "a number is compared with what is none"),
        (NUMBER, Equals(">=8,9"), "is not a comparison"),
        (NUMBER, Within(9, 8), "the minimum exceeds the maximum"),
        (NUMBER, InVersionRange(parse_bounds("1", None)), "a number is asked for a range of versions"),
        (QUANTITY, Within("lots"), "a quantity is compared with what is none"),
        (QUANTITY, Within("1 zorkmid"), "a quantity is compared with what is none"),
        (QUANTITY, Within("1e999999999 GB"), "a quantity is compared with what is none"),
        (QUANTITY, Within("2 GB", "1 GiB"), "the minimum exceeds the maximum"),
        (QUANTITY, Within("2 GB", "3 s"), "units of different things"),
        (QUANTITY, Within("2 GB", 3), "units of different things"),
        (QUANTITY, InVersionRange(parse_bounds("1", None)), "a quantity is asked for a range of versions"),
        (FieldKind("quantity", unit="zorkmid"), Within(2), "a unit that is not known.*zorkmid"),
        (VERSION, Within(2.17), r'in quotes: "2\.17"'),
        (VERSION, Within(None, "1 2"), "not a version"),
        (VERSION, Equals("a b"), "not a version"),
        (VERSION, Equals(">=3,<2"), "is a range without versions"),
        (VERSION, InNumericRange(1), "a version is asked for a range of numbers"),
        (scheme("pep440"), Within("not one"), "not a version in pep440 order"),
        (scheme("semver"), Within(2.17), "in quotes"),
        (scheme("semver"), InNumericRange(1), "a version is asked for a range of numbers"),
        (TARGET, Equals(">=x86_64_v33"), "not a target that archspec knows.*expected x86_64_v3;"),
        (TARGET, Within("zen22"), "expected zen2;"),
        (TARGET, Equals(">=linux-amzn2-zen"), "not a target that archspec knows"),
        (TARGET, InVersionRange(parse_bounds("1", None)), "a target is asked for a range of versions"),
        (SET, Within(1), "a set is asked for what lies between bounds"),
        (None, Within("a b"), "not a version"),
    ],
)
def test_a_bound_of_another_kind_is_refused_where_the_condition_is_read(kind, predicate, names):
    with pytest.raises(InputError, match=f"requirement on 'thing', field 'what'.*{names}"):
        asked(kind, predicate, "1")


@pytest.mark.parametrize(
    ("kind", "predicate", "value", "says"),
    [
        (TEXT, Equals("a"), ("a",), "is a list"),
        (FLAG, Equals("true"), "perhaps", "not a flag"),
        (FLAG, Equals("perhaps"), True, "not a flag"),
        (NUMBER, Equals("8"), "eight", "not a number"),
        (NUMBER, Equals("eight"), 8, "not a number"),
        (NUMBER, Within(8), "eight", "is not a number"),
        (NUMBER, Within(8), ("8",), "is not a number"),
        (NUMBER, Within("16 GB"), 65536, "has no unit.*vocabulary.yaml"),
        (NUMBER, Equals("16 GB"), 65536, "has no unit.*vocabulary.yaml"),
        (QUANTITY, Within("16 GB"), 65536, "has no unit.*65536 is compared with 16 GB.*vocabulary.yaml"),
        (QUANTITY, Within(40), "80 GB", "has no unit.*80 GB is compared with 40.*vocabulary.yaml"),
        (QUANTITY, Within("1 GHz"), "2 GB", "units of different things"),
        (QUANTITY, Within("1 GHz"), "2 Gbit/s", "units of different things"),
        (QUANTITY, Within("1 GB"), "plenty", "is not a quantity"),
        (QUANTITY, Within("1 GB"), "2 zorkmid", "is not a quantity in a known unit"),
        (QUANTITY, Within(1), float("nan"), "is not a quantity"),
        (QUANTITY, Within(1), True, "is not a quantity"),
        (QUANTITY, Within(1), (1, 2), "is not a quantity"),
        (QUANTITY, Equals("nvme"), "2 GB", "'nvme', which is not a quantity"),
        (VERSION, Within("2.17"), 2.5, "is not a version"),
        (VERSION, Within("2.17"), "a b", "is not a version"),
        (VERSION, Equals("2.17"), ("2.17",), "is not a version"),
        (scheme("pep440"), Within("2.17"), 2.5, "is not a version"),
        (scheme("pep440"), Within("2.17"), "what", "not a version in pep440 order"),
        (scheme("semver"), Within("2.17"), ("2.17",), "is not a version"),
        (TARGET, Equals(">=x86_64_v3"), "linux-amzn2-x86_64_v3", "not a target that archspec knows.*no order"),
        (TARGET, Equals("zen2"), ("zen2",), "is a list"),
        (TARGET, Equals(">=zen2"), ("zen2",), "is a list"),
        (SET, Contains(("a",)), "a", "is one value and no list"),
        (SET, Equals("a"), "a", "is one value and no list"),
        (SET, OneOf(("a", "b")), "a", "is one value and no list"),
        (NUMBER, Contains(("8",)), 8, "is one value and no list"),
        (QUANTITY, Contains(("8",)), 8, "is one value and no list"),
        (VERSION, Contains(("8",)), "8", "is one value and no list"),
        (TARGET, Contains(("zen2",)), "zen2", "is one value and no list"),
        (FLAG, Contains(("true",)), True, "is one value and no list"),
    ],
)
def test_a_value_of_another_kind_is_neither_yes_nor_no(kind, predicate, value, says):
    with pytest.raises(Incomparable, match=says):
        asked(kind, predicate, value)


# The unit of a bare number


@pytest.mark.parametrize(
    ("kind", "beside", "expected"),
    [
        (QUANTITY, {"unit": "MB"}, True),
        (QUANTITY, {"what_unit": "MB"}, True),
        (QUANTITY, {"what_unit": "MB", "unit": "kB"}, True),
        (QUANTITY, {"unit": "kB"}, False),
        (NUMBER, {"unit": "MB"}, True),
        (FieldKind("quantity", unit="MB"), {}, True),
        (FieldKind("quantity", unit="kB"), {}, False),
        (FieldKind("quantity", unit="MB"), {"unit": "MB"}, True),
        (FieldKind("quantity", unit="MB"), {"unit": ""}, True),
    ],
)
def test_a_bare_number_has_the_unit_of_the_vocabulary_or_the_one_beside_it(kind, beside, expected):
    assert asked(kind, Within("16 GB"), 65536, **beside) is expected


def test_a_bare_bound_has_the_unit_of_the_vocabulary():
    gigabytes = FieldKind("quantity", unit="GB")
    assert asked(gigabytes, Within(40), "64000 MB")
    assert not asked(gigabytes, Within(40), "32000 MB")
    assert asked(gigabytes, Within(40), 41)
    assert not asked(gigabytes, InNumericRange(40), "39 GB")


def test_two_units_of_one_number_are_no_answer():
    with pytest.raises(Incomparable, match="gives the field the unit GB, and the vertex says another.*found 'MB'"):
        asked(FieldKind("quantity", unit="GB"), Within("16 GB"), 65536, unit="MB")
    with pytest.raises(Incomparable, match="gives the field the unit GB, and the vertex says another.*found 'MB'"):
        asked(FieldKind("quantity", unit="GB"), Within(16), 65536, unit="MB")


def test_an_unknown_unit_beside_a_number_is_no_answer():
    with pytest.raises(Incomparable, match="the unit beside the value is not known"):
        asked(QUANTITY, Within("16 GB"), 65536, unit="zorkmid")


# Other names


@pytest.mark.parametrize("predicate", [Equals("x86_64"), Equals("amd64"), Equals("x64"), OneOf(("aarch64", "x86_64"))])
@pytest.mark.parametrize(
    ("subsystem", "field"),
    [
        ("arch", "arch"),
        ("arch", "name"),
        ("cpu", "family"),
        ("node", "machine"),
        ("node", "platform"),
        ("os", "target"),
    ],
)
def test_other_names_of_architectures_are_one(predicate, subsystem, field):
    assert asked(None, predicate, "amd64", subsystem=subsystem, field=field)
    assert asked(None, predicate, "x86-64", subsystem=subsystem, field=field)
    assert not asked(None, predicate, "ppc64le", subsystem=subsystem, field=field)


def test_other_names_are_not_those_of_every_field():
    assert not asked(None, Equals("x86_64"), "amd64", subsystem="package", field="name")
    assert not asked(TEXT, Equals("x86_64"), "amd64")
    assert asked(TEXT, Equals("x86_64"), "amd64", aliases={"amd64": "x86_64"})
    assert asked(SET, Contains(("gpfs",)), ("spectrum-scale",), aliases={"spectrum-scale": "gpfs"})
    assert asked(TARGET, Equals(">=x86_64"), "amd64", subsystem="arch", field="target")


# Nothing known, and what comes from elsewhere


@pytest.mark.parametrize(
    ("predicate", "value", "expected"),
    [
        (Equals("a"), "a", True),
        (Equals("a"), ("a", "b"), True),
        (OneOf(("a", "b")), "b", True),
        (Contains(("a",)), ("a", "b"), True),
        (Within(8), 9, True),
        (Within("8", "9"), 10, False),
        (Within("1Gi"), "512Mi", False),
        (Within("1.2.3"), "1.10", True),
        (Equals(">=8"), 7, False),
        (Equals(">=1Gi"), "2Gi", True),
        (Equals(">=1.2.3"), "1.2.2", False),
        (Equals(">= what ever"), ">= what ever", True),
        (InNumericRange(1), 2, True),
        (InVersionRange(parse_bounds("1", None)), "2", True),
    ],
)
def test_a_field_of_which_nothing_is_known_is_what_the_bound_looks_like(predicate, value, expected):
    assert asked(None, predicate, value) is expected


def test_a_predicate_of_a_plugin_is_asked_as_it_is():
    class Even:
        def holds(self, value):
            return value % 2 == 0

    assert asked(TARGET, Even(), 2)
    assert not asked(TARGET, Even(), 3)


# The cases of the reports


@pytest.mark.parametrize(
    ("subsystem", "field", "predicate", "value", "expected"),
    [
        ("memory", "value", Within("1Gi"), "512Mi", False),
        *(
            ("app", "version", Within("1.3.0"), f"1.3.0{end}", False)
            for end in ("-RC1", "-Beta", "-rc.1+build", "-dev", "-SNAPSHOT", "a1")
        ),
        ("docker", "version", Within("1.5.0"), "1.5.0~git20150128", False),
        ("openmpi", "version", Within(None, "4.1"), "git.main=develop", False),
        ("openmpi", "version", Within("5.0"), "git.v5.0.x=5.0.1", True),
        ("openmpi", "version", Within("3"), "abc123=3.2", True),
        ("arch", "target", Equals(">=x86_64_v3"), "zen2", True),
        ("arch", "target", Equals(">=x86_64_v3"), "cascadelake", True),
        ("arch", "target", Equals(">=x86_64_v3"), "nehalem", False),
        ("arch", "arch", Equals("x86_64"), "amd64", True),
        ("python", "version", Equals("3.8:3.10"), "3.9", True),
        ("python", "version", Equals(">=3.8,<3.11"), "3.9", True),
        ("node", "memory", Within("2 GB"), "2 GiB", True),
        ("openjdk", "version", Within("1.8.0"), "1.8.0_362-b09", True),
        ("lustre", "version", Within("2.15"), "2.15.0.2_rc2_cray", True),
        ("gpu", "capability", Within("8.0"), 8, True),
        ("kernel", "release", Within("4.18"), "5.14.0-362.el9", True),
        ("nvidia", "driver_version", Within("525"), "525.60.13", True),
    ],
)
def test_the_case_is_right_without_any_vocabulary(subsystem, field, predicate, value, expected):
    test = resolved(subsystem, Condition(field, predicate), NOTHING)
    assert test(value, {field: value}) is expected


def test_case_4_needs_the_unit():
    test = resolved("memory", Condition("size", Within("16 GB")), NOTHING)
    assert test(65536, {"size": 65536, "unit": "MB"})
    with pytest.raises(Incomparable, match="requirement on 'memory', field 'size': the field has no unit"):
        test(65536, {"size": 65536})


def test_case_5_is_refused():
    with pytest.raises(InputError, match="requirement on 'libc', field 'release'.*in quotes"):
        resolved("libc", Condition("release", Within(2.17)), NOTHING)
