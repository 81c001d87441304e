import gzip
import json

import pytest
from changed_documents import changed, json_values, places
from hypothesis import given
from hypothesis import strategies as st

from placewise.errors import InputError
from placewise.formats.profiles.build_profile_file import (
    build_profile_from_json,
    build_profile_json,
    read_build_profile,
    read_either_profile,
    shipped_build_profile,
    write_build_profile,
)
from placewise.formats.profiles.profile_file import read_profile, shipped_profile, write_profile
from placewise.model.build_profile import BuildProfile, BuiltPackage, ClusterProfile, Platform, Share, Toolchain

GCC, ONEAPI = Toolchain("gcc", "9.10"), Toolchain("oneapi", "2024.0.0")
PROFILE = BuildProfile(
    ClusterProfile((("zen3", 2.0), ("m1", 0.1)), ((GCC, 1.0), (ONEAPI, 1e-9)), 1, 2**63 - 1, (0.0, 1.6, 3.2, 4.25)),
    (Platform("zen3", GCC), Platform("m1", GCC), Platform("m1", ONEAPI)),
    (0.0, 0.3, 1.0),
    (
        BuiltPackage(
            "llvm",
            (Share(0, 3.0, (0.4, -0.2, 0.1, 0.05)), Share(2, 0.5, (-1.0, 0.0, 0.0, 0.0))),
            ((1e9, 1.5e9, 2e9), (2e9, 3e9, 3e9), (0.0, 0.0, 1e3), (5e-324, 0.1, 1e18)),
            (0.3, -0.1, 0.2, 0.0, 0.05, -0.25),
        ),
        BuiltPackage("pümi", (Share(1, 7.0),), ((1.0, 2.0, 3.0),) * 4),
    ),
)
DOCUMENT = json.loads(build_profile_json(PROFILE))


@pytest.mark.parametrize("name", ["p.json", "p.json.gz"])
@pytest.mark.parametrize("profile", [PROFILE, shipped_build_profile()], ids=["small", "shipped"])
def test_a_profile_survives_its_file(tmp_path, profile, name):
    write_build_profile(profile, tmp_path / name)
    assert read_build_profile(tmp_path / name) == read_either_profile(tmp_path / name) == profile
    content = (tmp_path / name).read_bytes()
    assert content.startswith(b"\x1f\x8b") == name.endswith(".gz")
    write_build_profile(read_build_profile(tmp_path / name), tmp_path / "again" / name)
    assert (tmp_path / "again" / name).read_bytes() == content


def test_the_kinds_of_profiles_are_told_apart(tmp_path):
    builds, versions = tmp_path / "builds.json", tmp_path / "versions.json"
    write_build_profile(PROFILE, builds)
    write_profile(shipped_profile(), versions)
    assert read_either_profile(builds) == PROFILE
    assert read_either_profile(versions) == shipped_profile()
    with pytest.raises(InputError, match=r"builds\.json: is a profile of another kind.*found 'builds'"):
        read_profile(builds)
    with pytest.raises(InputError, match=r"versions\.json: is a profile of another kind; expected the kind builds"):
        read_build_profile(versions)
    builds.write_text('{"format": 1, "kind": "fish"}')
    with pytest.raises(InputError, match=r"builds\.json: is a profile of another kind.*found 'fish'"):
        read_either_profile(builds)


def test_the_shipped_profile_is_small_and_as_written():
    text = build_profile_json(shipped_build_profile())
    assert len(text) < 200_000
    assert len(shipped_build_profile().packages) == 171


@given(st.sampled_from(list(places(DOCUMENT))), json_values)
def test_any_document_is_a_profile_or_one_clear_error(path, value):
    text = json.dumps(changed(DOCUMENT, path, value))
    problem = profile = None
    try:
        profile = build_profile_from_json(text, "p.json")
    except InputError as error:
        problem = str(error)
    if profile is None:
        assert problem.startswith("p.json")
    else:
        assert build_profile_from_json(build_profile_json(profile), "again") == profile


@given(st.floats(0, 2.0**62, exclude_min=True))
def test_figures_survive_exactly(value):
    document = changed(DOCUMENT, ("packages", "llvm", "shares", 0, 1), value)
    document["packages"]["pümi"]["quantiles"]["duration"] = [value] * 3
    document["packages"]["llvm"]["shares"][1][2] = 0.0
    profile = build_profile_from_json(json.dumps(document), "p.json")
    assert profile.packages[0].shares[0].weight == profile.packages[1].quantiles[3][1] == value
    assert build_profile_from_json(build_profile_json(profile), "p.json") == profile


CLUSTERS = ("clusters",)
LLVM = ("packages", "llvm")


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ((), [], "is not a profile; expected a mapping with format 1"),
        (("format",), 2, "is not a profile; expected a mapping with format 1; found 2"),
        (("kind",), None, "is a profile of another kind; expected the kind builds; found None"),
        (("more",), 1, "has other fields"),
        (("clusters",), 3, "clusters: is not a mapping"),
        ((*CLUSTERS, "archs"), [], "clusters: the weights of the archs of clusters cannot be drawn from"),
        ((*CLUSTERS, "archs", 1), ["zen3", 1], "clusters: the archs of clusters are not distinct"),
        ((*CLUSTERS, "archs", 1), ["", 1], "clusters, arch 2: is not a name"),
        ((*CLUSTERS, "archs", 1, 1), -1, "clusters: a weight of the archs of clusters is not usable"),
        ((*CLUSTERS, "archs", 1), ["zen3"], "clusters, arch 2: is not a list of the right length"),
        ((*CLUSTERS, "toolchains", 0, 1), 9.1, "clusters, toolchain 1, a version: a version is written as a number"),
        ((*CLUSTERS, "toolchains", 0, 1), "9 1", "clusters, toolchain 1: not a version"),
        ((*CLUSTERS, "toolchains", 1), ["gcc", "9.10", 1], "clusters: the toolchains of clusters are not distinct"),
        ((*CLUSTERS, "memory"), [0, 5], "clusters: the range of memory is not usable"),
        ((*CLUSTERS, "memory"), [6, 5], "clusters: the range of memory is not usable"),
        ((*CLUSTERS, "memory"), [6, 10**400], "clusters: the range of memory is not usable"),
        ((*CLUSTERS, "memory"), [6, 7.0], "clusters, memory: is not a number of bytes"),
        ((*CLUSTERS, "prices"), [1, 2, 3], "clusters: the prices are not usable"),
        ((*CLUSTERS, "prices", 0), -1, "clusters: the prices are not usable"),
        ((*CLUSTERS, "prices", 0), "1", "clusters, price 1: a figure is not a number"),
        (("platforms", 1), ["zen3", "gcc", "9.10"], "the platforms are not distinct"),
        (("platforms", 1, 0), "", "platform 2: is not a name"),
        (("probabilities",), [0, 1], "package 'llvm': there are not as many quantiles as probabilities"),
        (("probabilities",), [0, 0, 1], "the probabilities are not usable"),
        (("probabilities",), [0.1, 0.2, 1], "the probabilities are not usable"),
        (("probabilities",), [], "the probabilities are not usable"),
        (("packages",), {}, "a profile has no packages"),
        (("packages", ""), DOCUMENT["packages"]["llvm"], "a package has no name"),
        ((*LLVM, "shares"), [], "package 'llvm': the weights of the shares cannot be drawn from"),
        ((*LLVM, "shares", 0, 0), 3, "package 'llvm': no such platform; expected a position below 3; found 3"),
        ((*LLVM, "shares", 0, 0), -1, "package 'llvm': no such platform"),
        ((*LLVM, "shares", 0, 0), 2, "package 'llvm': the platforms of shares are not distinct"),
        ((*LLVM, "shares", 0, 0), 0.0, "package 'llvm', share 1: is not a position of a platform"),
        ((*LLVM, "shares", 0, 1), 10**400, "package 'llvm', share 1: a weight is too large"),
        ((*LLVM, "shares", 0, 2), 11, "package 'llvm', share 1: the shifts are not usable"),
        ((*LLVM, "shares", 0, 2), 9, "package 'llvm': correlations and shifts do not go together"),
        ((*LLVM, "quantiles", "duration"), [1, 3, 2], "package 'llvm': the quantiles of duration are not usable"),
        ((*LLVM, "quantiles", "duration", 1), "1", "package 'llvm', quantile of duration 2: a figure is not a number"),
        ((*LLVM, "quantiles", "runtime"), [1, 2, 3], "package 'llvm', quantiles: has other fields"),
        ((*LLVM, "correlations"), [0] * 5, "package 'llvm': the correlations are not usable"),
        ((*LLVM, "correlations"), [1, -1, 1, 1, 1, 1], "package 'llvm': correlations and shifts do not go together"),
    ],
)
def test_each_fault_is_named_with_its_place(path, value, message):
    with pytest.raises(InputError) as caught:
        build_profile_from_json(json.dumps(changed(DOCUMENT, path, value)), "p.json")
    assert str(caught.value).startswith("p.json")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the document is empty"),
        (b"{", "is not valid JSON"),
        (b'{"format": NaN}', "a number is not finite"),
        (b"\xff", "is not UTF-8"),
        (gzip.compress(b"{}", mtime=0)[:-3], "is not a whole gzip file"),
        (build_profile_json(PROFILE).replace("1.6", "1e999").encode(), "the prices are not usable"),
    ],
)
@pytest.mark.parametrize("read", [read_build_profile, read_either_profile])
def test_files_that_hold_no_profile_are_refused(tmp_path, read, content, message):
    file = tmp_path / "p.json"
    file.write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        read(file)
    assert caught.value.file == str(file)
