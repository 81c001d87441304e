"""Versions of other schemes against univers' own order."""

import pytest
import univers.versions
from hypothesis import given
from hypothesis import strategies as st

from placewise.errors import InputError
from placewise.kinds.resolving import test_of as resolved
from placewise.kinds.scales.schemes import WITH_EPOCHS, parsed
from placewise.model.fleets.vocabulary import FieldKind, Vocabulary
from placewise.model.requirements.predicates import Equals, OneOf, Within
from placewise.model.requirements.requirement import Condition

CLASSES = {
    "semver": univers.versions.SemverVersion,
    "pep440": univers.versions.PypiVersion,
    "debian": univers.versions.DebianVersion,
    "rpm": univers.versions.RpmVersion,
}
ENDS = {
    "semver": ["", "-rc.1", "-alpha", "-1", "+build", "-rc.1+b"],
    "pep440": ["", "rc1", ".dev3", "a1", ".post1", "+local"],
    "debian": ["", "-1", "-0ubuntu1", "~rc1", "+dfsg", "~~"],
    "rpm": ["", "-1.el8", "~rc1", "^git1", "k-9"],
}
STARTS = {"semver": ["", "v"], "pep440": ["", "v", "1!"], "debian": ["", "1:", "0:"], "rpm": ["", "1:", "0:"]}


@st.composite
def pairs(draw):
    scheme = draw(st.sampled_from(sorted(CLASSES)))
    release = st.lists(st.sampled_from(["0", "1", "02", "2", "10"]), min_size=1, max_size=3).map(".".join)
    texts = st.tuples(st.sampled_from(STARTS[scheme]), release, st.sampled_from(ENDS[scheme])).map("".join)
    return scheme, draw(texts), draw(texts)


def answer(scheme, predicate, value):
    said = Vocabulary(kinds={("thing", "version"): FieldKind("version", scheme=scheme)})
    return resolved("thing", Condition("version", predicate), said)(value, {})


@given(pairs())
def test_comparisons_are_univers_own(case):
    scheme, value, bound = case
    a, b = CLASSES[scheme](value), CLASSES[scheme](bound)
    less, more = a < b, b < a
    assert answer(scheme, Equals(f"<{bound}"), value) is less
    assert answer(scheme, Equals(f">{bound}"), value) is more
    assert answer(scheme, Equals(f"<={bound}"), value) is (not more)
    assert answer(scheme, Equals(f">={bound}"), value) is (not less)
    assert answer(scheme, Equals(bound), value) is (not less and not more)
    assert answer(scheme, Equals(f"=={bound}"), value) is (not less and not more)
    assert answer(scheme, Equals(f"!={bound}"), value) is (less or more)
    assert answer(scheme, OneOf((bound, "99")), value) is (not less and not more)
    assert answer(scheme, Within(bound), value) is (not less)
    begins = value.removeprefix("v").startswith(tuple(bound.removeprefix("v") + one for one in ".+-_^"))
    assert answer(scheme, Within(None, bound), value) is (not more or begins)
    assert answer(scheme, Equals(f":{bound}"), value) is (not more or begins)
    assert answer(scheme, Equals(f"{bound}:"), value) is (not less)
    assert answer(scheme, Equals(f">{bound}:"), value) is more
    # With epochs, 1:1 is the version 1 of epoch 1.
    if not (scheme in WITH_EPOCHS and bound.isdecimal()):
        assert answer(scheme, Equals(f"{bound}:{bound}"), value) is (not less and (not more or begins))


@pytest.mark.parametrize(
    ("scheme", "value", "family", "right"),
    [
        ("pep440", "2.1.0+cu118", "2.1.0", True),
        ("pep440", "2.1.0.post1", "2.1.0", True),
        ("pep440", "2.1.0rc1", "2.1.0", False),
        ("pep440", "2.1.0-rc1", "2.1.0", False),
        ("pep440", "2.10", "2.1", False),
        ("semver", "2.1.0-rc.1", "2.1.0", False),
        ("rpm", "2.0-1.el9", "2.0", True),
        ("rpm", "2.0~rc1", "2.0", False),
        ("rpm", "2.0^git1-1.el9", "2.0", True),
        ("debian", "2.0+dfsg-1ubuntu1", "2.0", True),
        ("debian", "2.0~rc1-1", "2.0", False),
        ("debian", "2.01-1", "2.0", False),
    ],
)
def test_builds_and_packagings_of_a_version_are_of_its_family(scheme, value, family, right):
    assert answer(scheme, Equals(f"{family}:{family}"), value) is right


@pytest.mark.parametrize("scheme", sorted(CLASSES))
@pytest.mark.parametrize("text", ["", " ", "1 2", "a b", "1\n", "\u0661", "1" * 300, "-", "::1", "x:1"])
def test_what_is_no_version_in_any_scheme(scheme, text):
    with pytest.raises(InputError, match=f"not a version in {scheme} order"):
        parsed(scheme, text)


@pytest.mark.parametrize(
    ("scheme", "text"),
    [("semver", "1:2.0"), ("semver", "1!2.0"), ("pep440", "1:2.0"), ("rpm", "1!2.0"), ("debian", "1!2.0")],
)
def test_an_epoch_is_one_of_its_scheme_alone(scheme, text):
    with pytest.raises(InputError, match=f"not a version in {scheme} order"):
        parsed(scheme, text)


@given(st.sampled_from(sorted(CLASSES)), st.text(max_size=10) | st.from_regex(r"[0-9a-z.:!~^+-]{1,10}", fullmatch=True))
def test_any_text_is_a_version_or_an_input_error(scheme, text):
    try:
        parsed(scheme, text)
    except InputError:
        return
    assert answer(scheme, Equals(f">={text}"), text)
