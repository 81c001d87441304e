"""Jobs that once went to the wrong place, or nowhere: each as a user asks, with a small fleet."""

from __future__ import annotations

import json

import pytest
from small_fleets import written_features, written_fleet, written_job, written_text


@pytest.fixture
def asked(placewise, tmp_path):
    """Ask which clusters match the entries of a job."""

    def ask(fleet, *entries, requires=None):
        job = tmp_path / "job.yaml"
        if requires is None:
            written_job(job, *entries)
        else:
            written_text(job, requires)
        return placewise("match", job, "--fleet", fleet)

    return ask


def test_a_size_is_compared_with_its_unit(asked, tmp_path):
    fleet = written_fleet(tmp_path / "f", small={"memory": [{"value": "512Mi"}]}, large={"memory": [{"value": "2Gi"}]})
    done = asked(fleet, {"name": "memory", "field": "value", "min": "1Gi"})
    assert (done.code, done.out.split()) == (0, ["large"])
    only = written_fleet(tmp_path / "g", small={"memory": [{"value": "512Mi"}]})
    assert asked(only, {"name": "memory", "field": "value", "min": "1Gi"}).code == 3


MIB = "subsystems: {memory: {fields: {value: {kind: quantity, unit: MB}}}}\n"


def test_a_bare_size_needs_a_unit_of_the_vocabulary(asked, tmp_path):
    offered = {"big": {"memory": [{"value": 65536}]}}
    entry = {"name": "memory", "field": "value", "min": "16 GB"}
    done = asked(written_fleet(tmp_path / "with", MIB, **offered), entry)
    assert (done.code, done.out.split()) == (0, ["big"])
    without = asked(written_fleet(tmp_path / "without", **offered), entry)
    assert (without.code, without.out) == (2, "")
    assert "big" in without.err
    assert "unit" in without.err


def test_units_convert(asked, tmp_path):
    fleet = written_fleet(tmp_path / "f", one={"memory": [{"value": "2 GiB"}]})
    assert asked(fleet, {"name": "memory", "field": "value", "min": "2 GB"}).out.split() == ["one"]
    assert asked(fleet, {"name": "memory", "field": "value", "min": "2.2 GB"}).code == 3


def test_a_version_that_is_a_number_is_refused_in_a_job(asked, tmp_path):
    fleet = written_fleet(tmp_path / "f", one={"libc": [{"release": "2.5"}]})
    done = asked(fleet, requires="{name: libc, field: release, min: 2.17}")
    assert (done.code, done.out) == (2, "")
    assert "2.17" in done.err
    assert asked(fleet, requires='{name: libc, field: release, min: "2.17"}').code == 3


@pytest.mark.parametrize("place", ["features", "folders"])
def test_versions_of_other_worlds(asked, tmp_path, place):
    def fleet(name, version):
        if place == "features":
            return written_features(tmp_path / name, one={"docker": version})
        return written_fleet(tmp_path / name, one={"docker": [{"version": version}]})

    entry = {"name": "docker", "field": "version", "min": "1.5.0"}
    assert asked(fleet("before", "1.5.0~git20150128"), entry).code == 3
    assert asked(fleet("after", "1.5.1"), entry).code == 0
    epoch = asked(fleet("epoch", "1:1.1.1k-9.el8"), entry)
    assert (epoch.code, epoch.out) == (2, "")
    assert "epoch" in epoch.err
    assert "1:1.1.1k-9.el8" in epoch.err


@pytest.mark.parametrize("place", ["features", "folders"])
def test_an_epoch_is_read_where_the_vocabulary_says_so(asked, tmp_path, place):
    words = "subsystems: {docker: {fields: {version: {kind: version, scheme: rpm}}}}"
    if place == "features":
        fleet = written_features(tmp_path / "f", words, one={"docker": "1:1.1.1k-9.el8"}, two={"docker": "1.9.0"})
    else:
        vertices = [[{"version": version}] for version in ("1:1.1.1k-9.el8", "1.9.0")]
        fleet = written_fleet(tmp_path / "f", words, one={"docker": vertices[0]}, two={"docker": vertices[1]})
    # What has an epoch comes after all that has none.
    assert asked(fleet, {"name": "docker", "field": "version", "min": "1.0"}).out.split() == ["one", "two"]
    assert asked(fleet, {"name": "docker", "field": "version", "max": "5.0"}).out.split() == ["two"]


def test_targets_are_ordered_as_by_archspec(asked, tmp_path):
    names = ("zen2", "cascadelake", "nehalem")
    fleet = written_fleet(tmp_path / "f", **{name: {"arch": [{"target": name}]} for name in names})
    done = asked(fleet, 'arch: {target: ">=x86_64_v3"}')
    assert (done.code, sorted(done.out.split())) == (0, ["cascadelake", "zen2"])


@pytest.mark.parametrize("field", ["target", "name", "value"])
def test_other_names_of_one_architecture(asked, tmp_path, field):
    fleet = written_fleet(tmp_path / "f", one={"arch": [{field: "amd64"}]}, two={"arch": [{field: "aarch64"}]})
    assert asked(fleet, {"name": "arch", "field": field, "match": "x86_64"}).out.split() == ["one"]


def test_aliases_of_the_vocabulary(asked, tmp_path):
    words = "subsystems: {gpu: {fields: {vendor: {kind: text, aliases: {nvidia-corp: nvidia}}}}}"
    fleet = written_fleet(tmp_path / "f", words, one={"gpu": [{"vendor": "nvidia-corp"}]})
    assert asked(fleet, {"name": "gpu", "field": "vendor", "match": "nvidia"}).out.split() == ["one"]


def test_a_list_contains_its_members(placewise, tmp_path):
    offered = {"new": ["avx2", "avx512f"], "old": ["avx2"], "none": []}
    fleet = written_fleet(tmp_path / "f", **{name: {"cpu": [{"features": one}]} for name, one in offered.items()})
    done = placewise("match", "--fleet", fleet, "--require", "cpu{features contains avx512f}")
    assert done.out.split() == ["new"]
    both = placewise("match", "--fleet", fleet, "--require", "not cpu{features contains avx2}")
    assert both.out.split() == ["none"]


def test_a_field_misspelt_is_refused_with_the_nearest_name(asked, tmp_path):
    fleet = written_features(tmp_path / "f", one={"gcc": "12.1"}, two={"gcc": "12.2"})
    done = asked(fleet, {"name": "gcc", "field": "verson", "min": "12"})
    assert (done.code, done.out) == (2, "")
    assert "no gcc has the field 'verson'; they have: type, version" in done.err


@pytest.mark.parametrize("place", ["features", "folders"])
def test_what_was_once_known_fits_nowhere_and_is_not_invalid(placewise, tmp_path, place):
    words = "subsystems: {fpga: {}}\n"
    if place == "features":
        fleet = written_features(tmp_path / "f", words, one={"gcc": "12.1"})
    else:
        fleet = written_fleet(tmp_path / "f", words, one={"gcc": [{"version": "12.1"}]})
    done = placewise("match", "--fleet", fleet, "--require", "fpga")
    assert (done.code, done.out) == (3, "")
    assert placewise("match", "--fleet", fleet, "--require", "not fpga").out.split() == ["one"]
    misspelt = placewise("match", "--fleet", fleet, "--require", "fpgo")
    assert misspelt.code == 2
    assert "fpga" in misspelt.err


def test_several_conditions_are_of_one_vertex_unless_entries_stand_alone(placewise, tmp_path):
    compilers = [{"name": "gcc", "version": "9.4.0"}, {"name": "clang", "version": "15.0.4"}]
    fleet = written_fleet(tmp_path / "f", one={"compiler": compilers})
    job = written_job(
        tmp_path / "job.yaml",
        {"name": "compiler", "field": "name", "match": "gcc"},
        {"name": "compiler", "field": "version", "min": "12"},
    )
    assert placewise("match", job, "--fleet", fleet).code == 3
    assert placewise("match", job, "--fleet", fleet, "--separate-entries").out.split() == ["one"]


INCOMPLETE = """\
subsystems: {python: {complete: false}}
clusters:
  full: {subsystems: {python: {complete: true}}}
"""


@pytest.fixture
def partly(tmp_path):
    """A fleet in which one cluster is known to have python 3.11, one not to, and of one it is not known."""
    offered = {"has": {"python": "3.11.2", "gcc": "12.1"}, "full": {"gcc": "12.1"}, "open": {"gcc": "9.4"}}
    return written_features(tmp_path / "partly", INCOMPLETE, **offered)


def test_what_is_not_described_is_unknown(placewise, partly):
    done = placewise("match", "--fleet", partly, "--require", "python@3.11:")
    assert (done.code, done.out) == (0, "has\n")
    assert done.err.splitlines() == ["the job may also match 1 of 3, of which not enough is described:", "  open"]
    answer = json.loads(placewise("match", "--fleet", partly, "--require", "python@3.11:", "--json").out)
    assert answer == {
        "job": "the job",
        "clusters": ["has"],
        "unknown": ["open"],
        "incomparable": [],
        "total_clusters": 3,
    }


@pytest.mark.parametrize(
    ("line", "unknown", "out", "code"),
    [
        ("python@3.11:", "yes", ["has", "open"], 0),
        ("python@3.11:", "no", ["has"], 0),
        ("python@3.12:", "separate", [], 4),
        ("python@3.12:", "yes", ["has", "open"], 0),
        ("python@3.12:", "no", [], 3),
        ("not python@3.11:", "separate", ["full"], 0),
        ("python@3.12: and gcc@13:", "separate", [], 3),
        ("python@3.12: or gcc@12:", "separate", ["has", "full"], 0),
    ],
)
def test_the_unknown_counts_for_what_is_said(placewise, partly, line, unknown, out, code):
    done = placewise("match", "--fleet", partly, "--require", line, "--unknown", unknown)
    assert (done.code, done.out.split()) == (code, out)
    answer = json.loads(placewise("match", "--fleet", partly, "--require", line, "--unknown", unknown, "--json").out)
    assert answer["clusters"] == out
    assert unknown == "separate" or answer["unknown"] == []


def test_another_word_for_the_unknown_is_refused(placewise, partly):
    done = placewise("match", "--fleet", partly, "--require", "gcc", "--unknown", "maybe")
    assert done.code == 2
    assert "separate or yes or no" in done.err


@pytest.fixture
def mixed(tmp_path):
    """A fleet in which one cluster offers a number without a unit, one a size, and one another size."""
    offered = {"bare": 64, "large": "64 GB", "small": "1 GB"}
    return written_fleet(tmp_path / "mixed", **{n: {"memory": [{"value": one}]} for n, one in offered.items()})


def test_what_cannot_be_compared_is_named_beside_the_answer_of_the_others(placewise, mixed):
    done = placewise("match", "--fleet", mixed, "--require", 'memory{value>="2 GB"}')
    assert (done.code, done.out) == (0, "large\n")
    assert done.err.startswith("the job cannot be compared on bare: ")
    answer = json.loads(placewise("match", "--fleet", mixed, "--require", 'memory{value>="2 GB"}', "--json").out)
    assert [one["cluster"] for one in answer["incomparable"]] == ["bare"]
    assert "unit" in answer["incomparable"][0]["problem"]


def test_where_only_the_incomparable_is_left_it_is_an_error(placewise, mixed):
    done = placewise("match", "--fleet", mixed, "--require", 'memory{value>="2 TB"}')
    assert (done.code, done.out) == (2, "")
    assert "bare" in done.err
    assert len(done.err.splitlines()) == 1
    as_json = placewise("match", "--fleet", mixed, "--require", 'memory{value>="2 TB"}', "--json")
    assert as_json.code == 2
    assert json.loads(as_json.out)["incomparable"][0]["cluster"] == "bare"


@pytest.fixture
def jobs(tmp_path):
    """Jobspecs that ask for python of a version, by version."""
    return {
        version: written_job(
            tmp_path / f"python-{version}.yaml", {"name": "python", "field": "version", "min": version}
        )
        for version in ("3.11", "3.12")
    } | {"gcc": written_job(tmp_path / "new-gcc.yaml", {"name": "gcc", "field": "version", "min": "13"})}


@pytest.mark.parametrize(
    ("asked", "code"),
    [(["3.11", "3.11"], 0), (["3.11", "3.12"], 4), (["3.12", "gcc"], 3), (["gcc", "3.11"], 3)],
)
def test_several_jobs_are_a_table(placewise, partly, jobs, asked, code):
    done = placewise("match", *(jobs[one] for one in asked), "--fleet", partly)
    assert done.code == code
    lines = done.out.splitlines()
    assert len(lines) == 1 + len(asked)
    assert all(len(line) <= 100 for line in lines)
    said = {
        "3.11": "python-3.11  1 of 3: has; 1 more may",
        "3.12": "python-3.12  2 of 3 may: has, open",
        "gcc": "new-gcc      none: gcc has version 12.1, asked 13: (2 of 3)",
    }
    for one, line in zip(asked, lines[1:], strict=True):
        assert line.split() == said[one].split()
    document = json.loads(placewise("match", *(jobs[one] for one in asked), "--fleet", partly, "--json").out)
    assert [one["total_clusters"] for one in document["jobs"]] == [3] * len(asked)


def test_a_line_is_required_of_every_job(placewise, partly, jobs):
    done = placewise("match", jobs["3.11"], "--fleet", partly, "--require", "gcc@12:", "--require", "not gcc@12.1")
    assert done.code == 3
    done = placewise("match", jobs["3.11"], "--fleet", partly, "--require", "gcc@12:")
    assert (done.code, done.out.split(), done.err) == (0, ["has"], "")


def test_a_table_is_narrow_whatever_the_names(placewise, tmp_path):
    names = [f"cluster-with-a-name-of-some-length-{number}" for number in range(40)]
    fleet = written_features(tmp_path / "f", **{name: {"gcc": "12.1"} for name in names})
    asks = {"a" * 80: "12", "b": "13", "c\u4e2d" * 30: "12"}
    jobs = [
        written_job(tmp_path / f"{name}.yaml", {"name": "gcc", "field": "version", "min": version})
        for name, version in asks.items()
    ]
    done = placewise("match", *jobs, "--fleet", fleet)
    assert done.code == 3
    assert all(len(line) <= 100 for line in done.out.splitlines())
    assert "and 39 more" in done.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "no job is given"),
        (["--require", ""], "--require"),
        (["--require", "gcc{"], "--require"),
        (["--require", "gcc@12: and"], "--require"),
        (["--require", "gcc{version>=12} nor"], "--require"),
        (["--require", "(" * 4000], "--require"),
        (["--require", "gcc\x1b[1m"], "--require"),
        (["--require", "gccc"], "gcc"),
    ],
)
def test_lines_that_are_not_understood_are_one_error(placewise, partly, arguments, said):
    done = placewise("match", "--fleet", partly, *arguments)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert len(done.err.splitlines()) == 1


@pytest.mark.parametrize("command", ["match", "vocabulary"])
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the document is empty"),
        ("complete: 7", "complete: is not true or false"),
        ("subsystems: {gcc: {fields: {version: {kind: version, scheme: maven}}}}", "is not a scheme"),
        (
            "clusters: {hass: {complete: false}}",
            "no cluster has this name; expected a cluster of the fleet, such as has",
        ),
        ("a: &a {b: *a}", "is not understood"),
        ("x: " + "[" * 3000, "nested"),
        ("\x00", "is not valid YAML"),
    ],
)
def test_a_hostile_vocabulary_is_one_error(placewise, partly, command, text, said):
    (partly / "vocabulary.yaml").write_text(text)
    arguments = ["--fleet", partly, "--require", "gcc"] if command == "match" else [partly]
    done = placewise(command, *arguments)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert "vocabulary.yaml" in done.err
    assert len(done.err.splitlines()) == 1


def test_simulate_counts_the_clusters_that_cannot_be_compared(placewise, tmp_path):
    folder = written_features(tmp_path / "f", one={"gcc": "12.1"}, two={"gcc": "12.2"})
    (folder / "jobspecs").mkdir()
    (folder / "jobspecs" / "jobs.yaml").write_text("- {name: a, package: x, resources: {gcc: {min: '12.1'}}}\n")
    options = ["--no-plots", "--orders", 0, "--fleets", 0, "--resamples", 0, "--json", "--no-cache"]
    plain = json.loads(placewise("simulate", folder, "--out", tmp_path / "a", *options).out)["summary"]
    assert "clusters_not_comparable" not in plain
    # Whether a text is a version of another world is found out when it is compared.
    (folder / "vocabulary.yaml").write_text("subsystems: {gcc: {fields: {version: {kind: version, scheme: debian}}}}")
    (folder / "cluster-features.json").write_text('{"one": {"gcc": "12.1"}, "two": {"gcc": "?!"}}')
    done = placewise("simulate", folder, "--out", tmp_path / "b", *options)
    assert json.loads(done.out)["summary"]["clusters_not_comparable"] == 1
    shown = placewise("simulate", folder, "--out", tmp_path / "c", *options[:-2], "--no-cache")
    assert "not comparable: 1 cluster has" in shown.out
    again = placewise("plot", tmp_path / "c", "--out", tmp_path / "d", "--json")
    assert json.loads(again.out)["summary"]["clusters_not_comparable"] == 1
