import gzip
import json

import pytest
from changed_documents import changed, json_values, places
from hypothesis import given
from hypothesis import strategies as st

from placewise.errors import InputError
from placewise.formats.profiles import profile_file
from placewise.formats.profiles.profile_file import (
    profile_from_json,
    profile_json,
    read_profile,
    shipped_profile,
    write_profile,
)
from placewise.model.requirements.requirement import version_requirement
from placewise.model.studies.profile import Profile
from placewise.model.studies.version_profile import Releases, RootPackage, Stack, VersionFleet, VersionJobs, VersionPool

PROFILE = Profile(
    VersionFleet(
        (
            VersionPool(("cmake", "zlib"), (("1.10", "1.2.11"), ("3.0rc1", None), ("develop", "9e"))),
            VersionPool(("perl",), ((None,), ("5.34.0",))),
        )
    ),
    VersionJobs(
        (
            version_requirement("cmake", "1.0", "1.10"),
            version_requirement("cmake", "2.0", None),
            version_requirement("zlib", None, "1.2"),
            version_requirement("zlib", None, None),
        ),
        (
            RootPackage(
                "cmake", (Stack(2, (((0, 1), (1, 0.5)), ((3, 1),))), Stack(0.1, ())), (Releases(1, (("2.4", 3),)),)
            ),
            RootPackage("pümi", (Stack(1e300, (((2, 1),),)),), (Releases(None, ((None, 1), ("master", 1e-9))),)),
        ),
    ),
)
DOCUMENT = json.loads(profile_json(PROFILE))


@pytest.mark.parametrize("name", ["p.json", "p.json.gz"])
@pytest.mark.parametrize("profile", [PROFILE, shipped_profile("reliabuild")], ids=["small", "shipped"])
def test_a_profile_survives_its_file(tmp_path, profile, name):
    write_profile(profile, tmp_path / name)
    assert read_profile(tmp_path / name) == profile
    content = (tmp_path / name).read_bytes()
    assert content.startswith(b"\x1f\x8b") == name.endswith(".gz")
    write_profile(read_profile(tmp_path / name), tmp_path / "again" / name)
    assert (tmp_path / "again" / name).read_bytes() == content


@given(st.sampled_from(list(places(DOCUMENT))), json_values)
def test_any_document_is_a_profile_or_one_clear_error(path, value):
    text = json.dumps(changed(DOCUMENT, path, value))
    problem = profile = None
    try:
        profile = profile_from_json(text, "p.json")
    except InputError as error:
        problem = str(error)
    if profile is None:
        assert problem.startswith("p.json")
    else:
        assert profile_from_json(profile_json(profile), "again") == profile


@given(st.floats(0, exclude_min=True, allow_infinity=False))
def test_weights_survive_exactly(weight):
    document = changed(DOCUMENT, ("roots", "cmake", "stacks", 1, "weight"), weight)
    profile = profile_from_json(json.dumps(document), "p.json")
    assert profile.jobs.roots[0].stacks[1].weight == weight
    assert profile_from_json(profile_json(profile), "p.json") == profile


STACK = ("roots", "cmake", "stacks", 0)
RELEASES = ("roots", "cmake", "releases", 0)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ((), [], "is not a profile; expected a mapping with format 1"),
        ((), {}, "is not a profile; expected a mapping with format 1"),
        (("format",), 2, "is not a profile; expected a mapping with format 1; found 2"),
        (("format",), True, "is not a profile; expected a mapping with format 1; found true"),
        (("more",), 1, "holds an unknown field"),
        (("requirements",), 3, "profile.requirements: is not a list"),
        (("requirements", 0), ["cmake", "1"], "profile.requirements[0]: is not a requirement"),
        (("requirements", 0, 0), "", "profile.requirements[0], subsystem: is not text"),
        (("requirements", 0, 1), 1.1, "profile.requirements[0]: a version is written as a number"),
        (("requirements", 0, 1), "3", "profile.requirements[0]: the minimum 3 exceeds the maximum 1.10"),
        (("requirements", 0, 2), "a b", "profile.requirements[0]: not a version"),
        (("requirements", 0), ["cmake", "2.0", None], "two requirements are one"),
        (("pools", 0, "picks"), [], "profile.pools[0]: the pool of 'cmake' is empty"),
        (("pools", 0, "picks", 1), ["1"], "profile.pools[0]: a pick of the pool of 'cmake' has the wrong length"),
        (("pools", 1, "picks", 1, 0), 5, "profile.pools[1].picks[1][0]: is not text"),
        (("pools", 1, "picks", 1, 0), "5 6", "profile.pools[1]: not a version"),
        (("pools", 1, "packages"), [], "profile.pools[1]: a pool names no package"),
        (("pools", 0, "packages"), ["zlib", "zlib"], "profile.pools[0]: a pool names one package twice"),
        (("pools", 1, "packages"), ["zlib"], "one package is in two pools; expected values that differ; found 'zlib'"),
        (("pools", 0, "packages"), ["cmake", "z"], "root package 'cmake', stack 1: a stack needs an unknown package"),
        (("roots",), {}, "a profile has no root packages"),
        (("roots",), [], "profile.roots: is not a mapping"),
        (("roots", ""), {"stacks": [{"weight": 1, "needs": []}], "releases": []}, "profile.roots.'': is not text"),
        (("roots", "cmake", "stacks"), [], "roots.cmake: the weights of the stacks cannot be drawn from"),
        ((*STACK, "weight"), -1, "roots.cmake.stacks[0]: a weight of a stack is not usable"),
        ((*STACK, "weight"), "1", "roots.cmake.stacks[0].weight: is not a number"),
        ((*STACK, "weight"), True, "roots.cmake.stacks[0].weight: is not a number"),
        ((*STACK, "weight"), 10**400, "roots.cmake.stacks[0].weight: is too large"),
        ((*STACK, "needs", 0), [[0, -0.5], [1, 1]], "stacks[0]: a weight of a need is not usable"),
        ((*STACK, "needs", 0), [[0, 0], [1, 0]], "stacks[0]: the weights of a need cannot be drawn from"),
        ((*STACK, "needs", 0), [], "stacks[0]: the weights of a need cannot be drawn from"),
        ((*STACK, "needs", 0), [[0, 1], [2, 1]], "stack 1: a need names several packages"),
        ((*STACK, "needs", 0), [[0, 1], [0, 1]], "stack 1: a need names one requirement twice"),
        ((*STACK, "needs", 0), 3, "stack 1: a stack needs one package twice"),
        ((*STACK, "needs", 0), 4, "root package 'cmake', stack 1: no such requirement"),
        ((*STACK, "needs", 0), -1, "stacks[0].needs[0]: is not a usable count"),
        ((*STACK, "needs", 0), "cmake", "stacks[0].needs[0]: is not a number"),
        ((*RELEASES, "own"), 3, "root package 'cmake', releases 1: releases name a requirement on another package"),
        ((*RELEASES, "own"), 9, "root package 'cmake', releases 1: no such requirement"),
        ((*RELEASES, "own"), 0.5, "roots.cmake.releases[0].own: is not a usable count"),
        ((*RELEASES, "versions"), [], "releases[0]: the weights of the versions built cannot be drawn from"),
        ((*RELEASES, "versions", 0), [3, 1], "releases[0].versions[0][0]: is not text"),
        (
            ("roots", "cmake", "releases"),
            [DOCUMENT["roots"]["cmake"]["releases"][0]] * 2,
            "releases of 'cmake' overlap",
        ),
    ],
)
def test_each_fault_is_named_with_its_place(path, value, message):
    with pytest.raises(InputError) as caught:
        profile_from_json(json.dumps(changed(DOCUMENT, path, value)), "p.json")
    assert str(caught.value).startswith("p.json")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the document is empty"),
        (b"{", "is not valid JSON"),
        (b'{"format": 1, "format": 1}', "occurs twice"),
        (b'{"format": NaN}', "a number is not finite"),
        (b"\xff", "is not UTF-8"),
        (gzip.compress(b"", mtime=0), "the document is empty"),
        (gzip.compress(b"{}", mtime=0)[:-3], "is not a whole gzip file"),
        (b"\x1f\x8bnothing", "is not a whole gzip file"),
        (gzip.compress(b"{}", mtime=0)[:12] + b"\xff" * 9, "is not a whole gzip file"),
    ],
)
def test_files_that_hold_no_profile_are_refused(tmp_path, content, message):
    file = tmp_path / "p.json"
    file.write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        read_profile(file)
    assert caught.value.file == str(file)


def test_what_unpacks_to_too_much_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(profile_file, "LARGEST_BYTES", 1000)
    file = tmp_path / "p.json.gz"
    file.write_bytes(gzip.compress(b" " * 1001))
    with pytest.raises(InputError, match="too large"):
        read_profile(file)


def test_missing_files_are_refused(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_profile(tmp_path / "none.json")


def test_infinite_weights_are_refused():
    text = profile_json(PROFILE).replace('"weight":0.1', '"weight":1e999')
    with pytest.raises(InputError, match=r"stacks\[1\].weight: is too large"):
        profile_from_json(text, "p.json")
