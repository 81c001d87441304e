"""Concrete specs: a real lockfile, and the forms that other versions of Spack and other commands give them."""

import json
from collections import Counter

import pytest
from spack_documents import INDEX, LOCKFILE, NODES, dropped, import_texts, imported, node, vertices

from placewise.errors import InputError
from placewise.formats.fleets.imports.import_settings import ImportSettings
from placewise.formats.fleets.imports.kinds import import_given
from placewise.formats.given import read_given
from placewise.matching.deciding import required_job
from placewise.matching.fleet.index import FleetIndex
from placewise.matching.match import match
from placewise.model.requirements.requirement_line import parse_requirement


def answer(found, line):
    index = FleetIndex(found.fleet())
    answered = match(index, required_job([parse_requirement(line)]))
    return "yes" if answered.names else "unknown" if answered.unknown else "no"


@pytest.fixture(scope="module")
def lockfile(public_data):
    path = public_data / "fleets" / "spack-lock" / "borah-b4s.spack.lock"
    return json.loads(path.read_text()), import_given("spack", [read_given(path)], ImportSettings())


def test_every_spec_of_the_lockfile_is_a_vertex_with_its_variants(lockfile):
    document, found = lockfile
    specs = document["concrete_specs"]
    assert dict(found.read) == {"concrete specs": len(specs)} == {"concrete specs": 706}
    assert found.fleet().names == ("borah-b4s",)
    there = {name: vertices(found, name) for name in {spec["name"] for spec in specs.values()}}
    assert {name: len(ones) for name, ones in there.items()} == Counter(spec["name"] for spec in specs.values())
    for key, spec in specs.items():
        (fields,) = [one for one in there[spec["name"]] if key in (one.get("build_hash"), one["hash"])]
        assert (fields["version"], fields["hash"]) == (spec["version"], spec["hash"])
        assert (fields["compiler"], fields["compiler_version"]) == ("gcc", "9.2.0")
        for variant, value in spec["parameters"].items():
            wanted = tuple(value) if isinstance(value, list) else value if isinstance(value, bool) else (value,)
            assert wanted in ((), fields.get(variant)) or fields[variant] == (str(value).lower(),)


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("boost{version=1.78:1.78, cxxstd=17}", "no"),  # of one boost
        ("boost{version=1.79:1.79, cxxstd=17}", "yes"),
        ("boost{version=1.78:1.78, cxxstd=98}", "yes"),
        ("boost@1.80:", "no"),
        ("mpi{name=mpich}", "yes"),
        ("mpi{name=mvapich2}", "no"),
        ("nothing-of-the-kind", None),
        ("gpu", "unknown"),
        ("compiler{name=intel}", "unknown"),
        ("compiler{name=gcc, version=9:}", "yes"),
        ("arch{target=zen2}", "unknown"),
        ("arch{architecture=x86_64}", "yes"),
        ("openblas{target=x86_64}", "yes"),
        ("openblas{target>=x86_64_v3}", "no"),
        ("jpeg", "unknown"),  # nobody wrote which of its packages provide it
    ],
)
def test_a_lockfile_is_all_there_is_of_packages_and_nothing_of_machines(lockfile, line, wanted):
    if wanted is None:
        with pytest.raises(InputError):
            answer(lockfile[1], line)
    else:
        assert answer(lockfile[1], line) == wanted


def test_a_compiler_and_an_mpi_that_are_dependencies_are_known_as_such():
    found = imported(here__spack__lock=LOCKFILE)
    assert vertices(found, "mpi") == [{"name": "mvapich-of-ours", **one} for one in vertices(found, "mvapich-of-ours")]
    (hdf5,) = vertices(found, "hdf5")
    assert hdf5 == {
        "version": "1.14.3",
        "compiler": "gcc",
        "compiler_version": "12.2.0",
        "platform": "linux",
        "os": "rhel8",
        "target": "zen2",
        "mpi": True,
        "api": ("v18",),
        "namespace": "builtin",
        "hash": "ccc",
    }
    assert vertices(found, "arch") == [{"architecture": "x86_64"}]
    assert vertices(found, "os") == [{"name": "rhel8", "platform": "linux"}]
    assert {one["version"] for one in vertices(found, "compiler") if one["name"] == "gcc"} == {"12.2.0"}
    assert answer(found, "openmpi") == answer(found, "mpi{name=openmpi}") == "no"


def plain(found):
    return {
        subsystem.name: [vertex.properties for vertex in subsystem.vertices]
        for subsystem in found.clusters[0].subsystems
    }


def former(node):
    """Return a node as lockfiles before version 4 have it: the name around it, dependencies a mapping."""
    inner = {key: value for key, value in node.items() if key not in ("name", "dependencies")}
    inner["dependencies"] = {
        one["name"]: {"hash": one["hash"], "type": ["build"], "parameters": one["parameters"]}
        for one in node["dependencies"]
    }
    return {node["name"]: inner}


@pytest.mark.parametrize(
    "document",
    [
        {**LOCKFILE, "concrete_specs": {one["hash"]: former(one) for one in NODES}},
        INDEX,
        NODES,
        {"database": {"installs": {one["hash"]: {"spec": former(one)} for one in NODES}}},
    ],
    ids=["former lockfile", "index", "find", "former database"],
)
def test_all_forms_give_one_cluster(document):
    assert plain(import_texts({"here.json": document})) == plain(imported(here__json=LOCKFILE))


def test_only_a_lockfile_says_that_nothing_else_is_there():
    assert answer(imported(here__json=LOCKFILE), "hdf5@2:") == "no"
    for document in (INDEX, NODES):
        found = imported(here__json=document)
        assert answer(found, "hdf5@2:") == "unknown"
        assert answer(found, "hdf5{version=1.14:, mpi=true}") == "yes"


def test_what_a_cache_does_not_hold_is_said():
    assert list(dropped(imported(here__json=INDEX), "concrete specs")) == ["database.installs.ddd"]


def test_a_lockfile_beside_externals_is_not_all_there_is():
    packages = "packages: {git: {externals: [{spec: git@2, prefix: /usr}]}}"
    found = imported(here__spack__lock=LOCKFILE, here__packages__yaml=packages)
    assert (answer(found, "git@2"), answer(found, "hdf5@1:"), answer(found, "hdf5@2:")) == ("yes", "yes", "unknown")


def test_two_lockfiles_of_a_site_are_both_there():
    other = {"concrete_specs": {"zzz": {"name": "zlib", "version": "1.3"}}}
    found = import_texts({"x/here/spack.lock": LOCKFILE, "y/here/spack.lock": other})
    assert found.fleet().names == ("here",)
    assert [answer(found, one) for one in ("hdf5@1:", "zlib@1:", "zlib@2:")] == ["yes", "yes", "no"]


@pytest.mark.parametrize(
    "document",
    [
        {"concrete_specs": []},
        {"concrete_specs": {"a": 1}},
        {"concrete_specs": {"a": {}}},
        {"concrete_specs": {"a": {"name": "x", "version": ["1"]}}},
        {"concrete_specs": {"a": {"name": "x", "version": 1.1}}},
        {"concrete_specs": {"a": {"name": "x", "parameters": {"y": {}}}}},
        {"concrete_specs": {"a": {"name": "x", "parameters": {"y": [[]]}}}},
        {"concrete_specs": {"a": {"name": "x", "dependencies": 1}}},
        {"concrete_specs": {"a": {"name": "x", "compiler": "gcc"}}},
        {"concrete_specs": {"a": {"name": "x", "external": "/usr"}}},
        {"concrete_specs": {"a": {"name": "x\x1b"}}},
        {"database": {"installs": {"a": {"spec": None}}}},
        {"database": {"installs": {"a": {"spec": {"name": "x"}, "installed": 1}}}},
        [{"name": 1.5, "version": "1", "arch": None}],
        [],
    ],
)
def test_what_has_another_form_is_one_error_with_the_file(document):
    with pytest.raises(InputError) as caught:
        imported(here__json=document)
    assert "here.json" in str(caught.value)


def test_a_spec_without_a_version_leaves_its_package_open():
    found = imported(here__json={"concrete_specs": {"a": {"name": "x"}, "b": {"name": "x", "version": "2"}}})
    assert (answer(found, "x@2"), answer(found, "x@3")) == ("yes", "unknown")


def test_environments_that_a_lockfile_includes_are_there_too():
    inner = {"roots": [], "concrete_specs": {"ddd": node("zlib", "1.3.1", "ddd"), "aaa": NODES[0]}}
    outer = {"concrete_specs": {"eee": node("m4", "1.4", "eee")}, "include_concrete": {"/b": inner}, "further": 1}
    found = imported(here__spack__lock=json.dumps({**LOCKFILE, "include_concrete": {"/a": outer}}))
    assert dict(found.read) == {"concrete specs": 5}
    assert [one["version"] for one in vertices(found, "zlib")] == ["1.3.1"]
    assert [one["version"] for one in vertices(found, "m4")] == ["1.4"]
    assert set(dropped(found, "roots")) == {"roots", "include_concrete./a.include_concrete./b.roots"}
    assert set(dropped(found, "parts of lockfiles")) == {"include_concrete./a.further"}
    with pytest.raises(InputError, match=r"include_concrete\./a: is not a mapping"):
        imported(here__spack__lock=json.dumps({**LOCKFILE, "include_concrete": {"/a": []}}))
