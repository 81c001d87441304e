import gzip
import json

import pytest
from changed_documents import changed, json_values, places
from hypothesis import given
from hypothesis import strategies as st

from placewise.errors import InputError
from placewise.formats.profiles.profile_file import (
    profile_from_json,
    profile_json,
    read_profile,
    shipped_profile,
    write_profile,
)
from placewise.model.studies.build_profile import BuildFleet, BuildJobs, BuiltPackage, Platform, Share, Toolchain
from placewise.model.studies.profile import Profile

GCC, ONEAPI = Toolchain("gcc", "9.10"), Toolchain("oneapi", "2024.0.0")
PROFILE = Profile(
    BuildFleet((("zen3", 2.0), ("m1", 0.1)), ((GCC, 1.0), (ONEAPI, 1e-9)), (1, 2**63 - 1), (0.0, 1.6, 3.2, 4.25)),
    BuildJobs(
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
    ),
)
DOCUMENT = json.loads(profile_json(PROFILE))


@pytest.mark.parametrize("name", ["p.json", "p.json.gz"])
@pytest.mark.parametrize("profile", [PROFILE, shipped_profile("spack-build")], ids=["small", "shipped"])
def test_a_profile_survives_its_file(tmp_path, profile, name):
    write_profile(profile, tmp_path / name)
    assert read_profile(tmp_path / name) == profile
    content = (tmp_path / name).read_bytes()
    assert content.startswith(b"\x1f\x8b") == name.endswith(".gz")
    write_profile(read_profile(tmp_path / name), tmp_path / "again" / name)
    assert (tmp_path / "again" / name).read_bytes() == content


def test_a_file_says_which_kind_its_profile_is_of(tmp_path):
    builds, versions = tmp_path / "builds.json", tmp_path / "versions.json"
    write_profile(PROFILE, builds)
    write_profile(shipped_profile("reliabuild"), versions)
    assert (read_profile(builds), read_profile(builds).kind) == (PROFILE, "builds")
    assert (read_profile(versions), read_profile(versions).kind) == (shipped_profile("reliabuild"), "versions")
    for kind in ("fish", "versions"):
        builds.write_text(json.dumps({"format": 1, "kind": kind}))
        with pytest.raises(InputError, match=rf"builds\.json: is a profile of another kind.*found '{kind}'"):
            read_profile(builds)


def test_a_fleet_and_jobs_of_two_kinds_are_no_profile():
    other = shipped_profile("reliabuild")
    for fleet, jobs in ((PROFILE.fleet, other.jobs), (other.fleet, PROFILE.jobs)):
        with pytest.raises(InputError, match="of two kinds"):
            Profile(fleet, jobs)


def test_other_data_sets_have_no_profile():
    with pytest.raises(InputError, match="no such data set; expected one of reliabuild, spack-build; found 'fish'"):
        shipped_profile("fish")


def test_the_shipped_profile_is_small_and_as_written():
    text = profile_json(shipped_profile("spack-build"))
    assert len(text) < 200_000
    assert len(shipped_profile("spack-build").jobs.packages) == 171


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


@given(st.floats(0, 2.0**62, exclude_min=True))
def test_figures_survive_exactly(value):
    document = changed(DOCUMENT, ("packages", "llvm", "shares", 0, 1), value)
    document["packages"]["pümi"]["quantiles"]["duration"] = [value] * 3
    document["packages"]["llvm"]["shares"][1][2] = 0.0
    profile = profile_from_json(json.dumps(document), "p.json")
    assert profile.jobs.packages[0].shares[0].weight == profile.jobs.packages[1].quantiles[3][1] == value
    assert profile_from_json(profile_json(profile), "p.json") == profile


CLUSTERS = ("clusters",)
LLVM = ("packages", "llvm")


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ((), [], "is not a profile; expected a mapping with format 1"),
        (("format",), 2, "is not a profile; expected a mapping with format 1; found 2"),
        (("kind",), None, "is a profile of another kind; expected the kind builds, or no kind; found nothing"),
        (("more",), 1, "holds an unknown field"),
        (("clusters",), 3, "clusters: is not a mapping"),
        ((*CLUSTERS, "archs"), [], "clusters: the weights of the archs of clusters cannot be drawn from"),
        ((*CLUSTERS, "archs", 1), ["zen3", 1], "clusters: the archs of clusters are not distinct"),
        ((*CLUSTERS, "archs", 1), ["", 1], "clusters.archs[1][0]: is not text"),
        ((*CLUSTERS, "archs", 1, 1), -1, "clusters: a weight of the archs of clusters is not usable"),
        ((*CLUSTERS, "archs", 1), ["zen3"], "clusters.archs[1]: has too few items"),
        ((*CLUSTERS, "toolchains", 0, 1), 9.1, "clusters.toolchains[0][1]: is not text"),
        ((*CLUSTERS, "toolchains", 0, 1), "9 1", "clusters.toolchains[0]: not a version"),
        ((*CLUSTERS, "toolchains", 1), ["gcc", "9.10", 1], "clusters: the toolchains of clusters are not distinct"),
        ((*CLUSTERS, "memory"), [0, 5], "clusters: the range of memory is not usable"),
        ((*CLUSTERS, "memory"), [6, 5], "clusters: the range of memory is not usable"),
        ((*CLUSTERS, "memory"), [6, 10**400], "clusters.memory[1]: is not a usable number"),
        ((*CLUSTERS, "memory"), [5, 6, 7], "clusters.memory: has too many items"),
        ((*CLUSTERS, "memory"), [6, 7.5], "clusters.memory[1]: is not a usable count"),
        ((*CLUSTERS, "prices"), [1, 2, 3], "clusters: the prices are not usable"),
        ((*CLUSTERS, "prices", 0), -1, "clusters: the prices are not usable"),
        ((*CLUSTERS, "prices", 0), "1", "clusters.prices[0]: is not a number"),
        (("platforms", 1), ["zen3", "gcc", "9.10"], "the platforms are not distinct"),
        (("platforms", 1, 0), "", "profile.platforms[1][0]: is not text"),
        (("probabilities",), [0, 1], "package 'llvm': there are not as many quantiles as probabilities"),
        (("probabilities",), [0, 0, 1], "the probabilities are not usable"),
        (("probabilities",), [0.1, 0.2, 1], "the probabilities are not usable"),
        (("probabilities",), [], "the probabilities are not usable"),
        (("packages",), {}, "a profile has no packages"),
        (("packages", ""), DOCUMENT["packages"]["llvm"], "packages.'': is not text"),
        ((*LLVM, "shares"), [], "packages.llvm: the weights of the shares cannot be drawn from"),
        ((*LLVM, "shares", 0, 0), 3, "package 'llvm': no such platform; expected a position below 3; found 3"),
        ((*LLVM, "shares", 0, 0), -1, "packages.llvm.shares[0][0]: is not a usable count"),
        ((*LLVM, "shares", 0, 0), 2, "packages.llvm: the platforms of shares are not distinct"),
        ((*LLVM, "shares", 0, 0), 0.5, "packages.llvm.shares[0][0]: is not a usable count"),
        ((*LLVM, "shares", 0, 1), 10**400, "packages.llvm.shares[0][1]: is too large"),
        ((*LLVM, "shares", 0, 2), 11, "packages.llvm.shares[0]: the shifts are not usable"),
        ((*LLVM, "shares", 0, 2), 9, "package 'llvm': correlations and shifts do not go together"),
        ((*LLVM, "quantiles", "duration"), [1, 3, 2], "packages.llvm: the quantiles of duration are not usable"),
        ((*LLVM, "quantiles", "duration", 1), "1", "packages.llvm.quantiles.duration[1]: is not a number"),
        ((*LLVM, "quantiles", "runtime"), [1, 2, 3], "packages.llvm.quantiles: holds an unknown field"),
        ((*LLVM, "correlations"), [0] * 5, "packages.llvm: the correlations are not usable"),
        ((*LLVM, "correlations"), [1, -1, 1, 1, 1, 1], "package 'llvm': correlations and shifts do not go together"),
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
        (b'{"format": NaN}', "a number is not finite"),
        (b"\xff", "is not UTF-8"),
        (gzip.compress(b"{}", mtime=0)[:-3], "is not a whole gzip file"),
        (profile_json(PROFILE).replace("1.6", "1e999").encode(), "is too large"),
    ],
)
def test_files_that_hold_no_profile_are_refused(tmp_path, content, message):
    file = tmp_path / "p.json"
    file.write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        read_profile(file)
    assert caught.value.file == str(file)
