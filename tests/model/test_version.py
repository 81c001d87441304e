import itertools
import json
import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placewise.errors import InputError
from placewise.model.versions.version import LONGEST, Version, parse_version

# Every string precedes all that follow it.
ASCENDING = """
    a b rc rc1 v vx1.0 v0.9 0.9.9 1~ 1~alpha 1~git 1~git2 1-dev 1-dev5 1-alpha 1-alpha1 1-Alpha2 1-alpha10 1-beta~x
    1-beta 1b1 1-Beta2 1-pre 1-RC 1rc1.dev5 1-rc1~x 1-rc1 1-rc1+b~x 1-rc1+b 1-rc1+b.2 1-rc12 1-SNAPSHOT 1 1.a 1.1-rc 1.1
    1.1.1 1.1.1g 1.1.1h 1.1.1.0 1.2 1.2.0-alpha 1.2.0 1.2.0.0 1.2.stable 1.2.develop 1.10 3.4 3.4.0 3.4.0.1 9 9e 9.1
    2021.4 2021.4b 2021.4.1 20191216 stable stable_20191216 stable_20200101 nightly trunk head master main develop
    develop.1
""".split()  # noqa: SIM905, fifty quotes would hide the order

SAME = [
    ("1.2.3", "1-2-3"),
    ("1.2.3", "1_2_3"),
    ("1.2.3", "1.2-3"),
    ("1.2c3", "1.2.c.3"),
    ("v1.2", "1.2"),
    ("1.3.0-RC1", "1.3.0rc1"),
    ("1.3.0a1", "1.3.0-alpha1"),
    ("git.v5.0.x=5.0.1", "5.0.1"),
    ("git.releases/v5=v5.0.1", "5.0.1"),
    ("abc123=3.2", "3.2"),
    ("git.main=develop", "develop"),
    ("9e", "9.e"),
    ("1.02", "1.2"),
    ("1.0rc1", "1.0-rc-1"),
    ("1.2", "1.2."),
]

DIFFERENT = [
    ("1.2", "1.2.0"),
    ("1.10", "1.1"),
    ("1.2A", "1.2a"),
    ("1.0rc", "1.0rc0"),
    ("1.0rc", "1.0"),
    ("1.2", "12"),
    ("1.2b3", "1.2.b.3"),
    ("V1", "1"),
]

pieces = st.sampled_from(["0", "1", "2", "10", "01", "a", "b", "rc", "alpha", "beta", "main", "develop", "stable"])
texts = st.lists(st.tuples(pieces, st.sampled_from(["", ".", "-", "_"])), min_size=1, max_size=4).map(
    lambda parts: "".join(piece + separator for piece, separator in parts)
)
versions = texts.map(Version)


@pytest.mark.parametrize("high", range(len(ASCENDING)), ids=ASCENDING.__getitem__)
def test_each_follows_all_before_it_in_spacks_order(high):
    b = Version(ASCENDING[high])
    for text in ASCENDING[:high]:
        a = Version(text)
        assert a < b
        assert a <= b
        assert b > a
        assert b >= a
        assert a != b
        assert not b < a
        assert not b <= a


@pytest.mark.parametrize(("one", "other"), SAME)
def test_separators_and_leading_zeros_do_not_count(one, other):
    assert Version(one) == Version(other)
    assert hash(Version(one)) == hash(Version(other))
    assert not Version(one) < Version(other)
    assert Version(one) <= Version(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_versions_that_look_alike_are_not_one(one, other):
    assert Version(one) != Version(other)


@given(versions, versions, versions)
def test_the_order_is_total(a, b, c):
    assert (a < b) + (a == b) + (a > b) == 1
    assert (a <= b) == (a < b or a == b)
    assert (a >= b) == (b <= a)
    if a <= b <= c:
        assert a <= c
    if a == b:
        assert hash(a) == hash(b)
        assert (a < c) == (b < c)


@given(texts)
def test_the_text_survives_and_equal_texts_share_a_value(text):
    assert str(Version(text)) == Version(text).text == text
    assert parse_version(text) is parse_version(text)
    assert parse_version(text) == Version(text)


@given(versions)
def test_a_longer_version_follows_what_it_begins_with_unless_it_is_its_prerelease(version):
    assert Version(version.text + ".0") > version
    assert Version(version.text + ".zz") > version
    if not version.is_prerelease and version.key[0]:
        for word in ("alpha", "beta", "rc"):
            assert Version(f"{version.text}.{word}") < version
            assert Version(f"{version.text}.{word}") < Version(f"{version.text}.{word}0")


@given(st.text(max_size=20))
def test_any_text_is_a_version_or_an_input_error(text):
    try:
        version = Version(text)
    except InputError:
        return
    assert version.text == text
    assert text.isascii()


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "1 2",
        "1.2\n",
        "\n",
        "1\x00",
        "\u0661",
        "1.²",
        "é",
        "=1",
        "+1",
        "1:2",
        "1,2",
        "@1",
        "1.2=",
        "a=b=1",
        "~1",
        "1:1.1.1k-9.el8",
        "\ud800",
        "1" * 10_000,
    ],
)
def test_what_no_version_looks_like_is_refused(text):
    for make in (Version, parse_version):
        with pytest.raises(InputError, match="not a version"):
            make(text)


@pytest.mark.parametrize("value", [1, 1.1, None, True, b"1"])
def test_only_text_is_a_version(value):
    for make in (Version, parse_version):
        with pytest.raises(InputError, match="not a version"):
            make(value)


def test_the_longest_version_is_still_ordered():
    assert Version("9" * LONGEST) > Version("9" * (LONGEST - 1))
    with pytest.raises(InputError):
        Version("9" * (LONGEST + 1))


@pytest.mark.parametrize(
    ("text", "expected"), [("1rc", True), ("1rc1", True), ("rc1", False), ("rc", False), ("1rc1a", False), ("1", False)]
)
def test_a_prerelease_ends_in_its_word_and_has_a_release_before_it(text, expected):
    assert Version(text).is_prerelease is expected


def test_a_version_is_frozen():
    with pytest.raises(AttributeError):
        Version("1").text = "2"


def test_a_version_is_not_a_text():
    assert Version("1") != "1"


@pytest.mark.parametrize(
    "text",
    [
        "1.3.0-RC1",
        "1.3.0-Beta",
        "1.3.0-rc.1+build",
        "1.3.0-dev",
        "1.3.0-SNAPSHOT",
        "1.3.0a1",
        "1.3.0-pre",
        "1.3.0~git9",
    ],
)
def test_a_prerelease_of_any_world_precedes_its_release(text):
    assert Version(text) < Version("1.3.0")
    assert Version(text) > Version("1.2.9")
    assert Version(text).is_prerelease


@pytest.mark.parametrize(
    ("text", "release"),
    [
        ("1.8.0_362-b09", "1.8.0"),
        ("2.15.0.2_rc2_cray", "2.15"),
        ("2.15.0.2_rc2_cray", "2.15.0.2"),
        ("1.3.0-a1", "1.3.0"),
    ],
)
def test_a_word_that_is_not_at_the_end_makes_no_prerelease(text, release):
    assert Version(text) > Version(release)
    assert not Version(text).is_prerelease


def test_an_epoch_is_refused_as_such():
    with pytest.raises(InputError, match="not a version in Spack's order, which has no epochs.*debian or rpm"):
        Version("1:1.1.1k-9.el8")


def test_many_tildes_are_one_version():
    assert Version("1" + "~" * 255) < Version("1" + "~" * 254) < Version("1")
    assert Version("1" + "-rc" * 80) < Version("1")


# What Spack's own order says, as these lines say it; the public data has nothing beyond it.
_WORDS = ("stable", "nightly", "trunk", "head", "master", "main", "develop")


def _spacks(text):
    runs = [(digits, letters) for digits, letters in re.findall(r"([0-9]+)|([a-zA-Z]+)", text)]
    end = (3,)
    for size in (2, 1):
        word = runs[-size][1] if len(runs) > size else ""
        if end == (3,) and word in ("alpha", "beta", "rc") and (size == 1 or runs[-1][0]):
            end = (["alpha", "beta", "rc"].index(word), *(int(digits) for digits, _ in runs[1 - size :] if size > 1))
            runs = runs[:-size]
    return (
        tuple(
            (1, int(digits)) if digits else (2, _WORDS.index(letters)) if letters in _WORDS else (0, letters)
            for digits, letters in runs
        ),
        end,
    )


@pytest.mark.parametrize("name", ["reliabuild", "spack-build"])
def test_the_order_of_the_public_versions_is_spacks(public_data, name):
    texts = set()
    pending = [json.loads((public_data / name / "cluster-features.json").read_text())]
    while pending:
        one = pending.pop()
        if isinstance(one, dict | list):
            pending += one.values() if isinstance(one, dict) else one
        elif (
            isinstance(one, str) and one[:1].isalnum() and set(one) <= set(string.ascii_letters + string.digits + "._-")
        ):
            texts.add(one)
    assert len(texts) > 15
    ordered = sorted(texts, key=lambda text: (Version(text), text))
    assert ordered == sorted(texts, key=lambda text: (_spacks(text), text))
    assert all((Version(a) == Version(b)) == (_spacks(a) == _spacks(b)) for a, b in itertools.pairwise(ordered))
