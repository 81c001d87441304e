"""Externals and compilers of sites: small files, and the seventeen real ones with their count by another script."""

import re
import shutil
from collections import Counter
from pathlib import Path

import pytest
from count_spack_sites import externals_and_compilers
from spack_documents import COMPILERS, PACKAGES, dropped, import_texts, imported, vertices

from placewise.errors import InputError
from placewise.formats.fleets.fleet_source import read_fleet
from placewise.formats.fleets.imports.import_settings import ImportSettings
from placewise.formats.fleets.imports.into_folder import write_import
from placewise.formats.fleets.imports.kinds import import_given
from placewise.formats.fleets.imports.spack.spec import parse_spec
from placewise.formats.given import read_given
from placewise.formats.jobs.jobspec_lists import read_jobspecs
from placewise.matching.bits import bitset
from placewise.matching.deciding import required_job
from placewise.matching.fleet.index import FleetIndex
from placewise.matching.match import match, match_rows
from placewise.model.requirements.requirement_line import parse_requirement
from placewise.study.sources import read_study
from placewise.study.unknown_facts import unknown_facts_of

DOCS = Path(__file__).parents[2] / "docs"
EXAMPLE, PAGE = DOCS / "examples" / "spack-sites", DOCS / "how-to" / "spack-sites.md"


def answer(found, line):
    """Return yes, no or unknown of the first cluster."""
    index = FleetIndex(found.fleet() if hasattr(found, "fleet") else found)
    answered = match(index, required_job([parse_requirement(line)]))
    name = index.names[0]
    return "yes" if name in answered.names else "unknown" if name in answered.unknown else "no"


@pytest.fixture
def site():
    return imported(here__packages__yaml=PACKAGES, here__compilers__yaml=COMPILERS)


def test_a_site_is_a_cluster_and_a_package_a_subsystem(site):
    assert (site.name, site.fleet().names) == ("here", ("here",))
    assert dict(site.read) == {"externals": 4, "compilers": 1}
    assert vertices(site, "git") == [
        {"version": "2.41.0", "tcltk": True, "prefix": "/opt/git"},
        {"version": "2.35.3", "prefix": "/usr"},
    ]
    assert {one["name"]: one["version"] for one in vertices(site, "compiler")} == {"gcc": "12.2.0", "clang": "17.0.6"}
    assert all(one["languages"] == ("c", "c++") for one in vertices(site, "compiler"))


def test_a_target_of_a_compiler_is_the_family_and_one_of_a_package_its_own(site):
    assert vertices(site, "arch") == [{"architecture": "x86_64"}]
    assert vertices(site, "os") == [{"name": "sles15"}]
    assert vertices(site, "llvm")[0]["target"] == "zen2"
    assert answer(site, "llvm{target>=x86_64_v3}") == "yes"
    assert answer(site, "arch{target>=x86_64_v3}") == "unknown"


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("mpi{name=cray-mpich, wrappers=true}", "yes"),
        ("mpi{name=openmpi}", "no"),  # mpi is not built, and openmpi with it
        ("openmpi", "no"),
        ("not mpi{name=openmpi}", "yes"),
        ("git@2.41:", "yes"),
        ("git{version=2.41:, prefix=/usr}", "unknown"),  # one git is new, and one is in /usr; there may be another
        ("git@3:", "unknown"),
        ("llvm@18:", "no"),
        ("llvm@17:", "yes"),
        ("gpu{vendor=nvidia}", "unknown"),
        ("gcc@12:", "yes"),
        ("compiler{name=gcc, languages=fortran}", "unknown"),
    ],
)
def test_what_is_not_built_is_known_and_all_else_may_be_there(site, line, wanted):
    assert answer(site, line) == wanted


@pytest.mark.parametrize("spec", ["openmpi@4", "mpi@3"])
def test_an_external_under_the_name_of_a_virtual_package_is_dropped_and_leaves_it_unknown(spec):
    text = f"packages: {{mpi: {{buildable: false, externals: [{{spec: {spec}, prefix: /x}}]}}}}"
    found = imported(here__packages__yaml=text)
    assert dropped(found, "externals")
    assert answer(found, "mpi{name=openmpi, version=4}") == "unknown"


def test_a_package_that_no_file_names_may_be_there_unless_nothing_more_is_built(site):
    assert answer(site, "julia@1.9:") == "unknown"
    closed = imported(here__packages__yaml="packages: {all: {buildable: false}}")
    with pytest.raises(InputError, match=r"subsystems: {julia: {}}"):
        answer(closed, "julia@1.9:")


def test_what_spack_is_to_build_is_no_fact_and_is_said(site):
    assert dropped(site, "preferences").keys() == {"packages.all.target", "packages.all.compiler"}
    found = imported(here__packages__yaml="packages: {hdf5: {require: '@1.14 +mpi', version: ['1.14']}}")
    assert not vertices(found, "hdf5")
    assert answer(found, "hdf5@1.14:") == "unknown"


def test_files_that_are_common_come_first_whatever_the_order_they_are_given_in():
    files = {
        "here.packages.yaml": "packages: {git:: {externals: [{spec: git@2, prefix: /b}]}}",
        "common.packages.yaml": "packages: {git: {externals: [{spec: git@1, prefix: /a}], buildable: false}}",
        "there.packages.yaml": "packages: {m4: {externals: [{spec: m4@1, prefix: /c}]}}",
    }
    for order in (sorted(files), sorted(files, reverse=True)):
        found = import_texts({name: files[name] for name in order})
        assert found.fleet().names == ("here", "there")
        assert [one["version"] for one in vertices(found, "git", "here")] == ["2"]
        assert [one["version"] for one in vertices(found, "git", "there")] == ["1"]
        assert "replaces it with ::" in dropped(found, "externals")["packages.git.externals[0]"]
        assert not found.vocabulary.is_complete("here", "git")
        assert found.vocabulary.is_complete("there", "git")


ALTERNATIVES = {
    "here.packages.yaml": "packages: {zlib: {buildable: false}}",
    "here.packages_gcc.yaml": """
packages:
  mpi: {buildable: false}
  openmpi: {externals: [{spec: openmpi@4.1.6%gcc@12, prefix: /o}]}
  intel-oneapi-mkl: {}
""",
    "here.packages_intel.yaml": """
packages:
  mpi: {buildable: false}
  openmpi:: {}
  intel-oneapi-mpi: {externals: [{spec: intel-oneapi-mpi@2021.10, prefix: /i}]}
  intel-oneapi-mkl: {buildable: false}
""",
}


def test_alternatives_are_no_chain_and_a_site_has_what_any_of_them_has():
    found = import_texts(ALTERNATIVES)
    assert sorted(one["name"] for one in vertices(found, "mpi")) == ["intel-oneapi-mpi", "openmpi"]
    assert answer(found, "mpich") == "no"
    assert answer(found, "intel-oneapi-mkl") == "unknown"  # gcc's alternative may build it


@pytest.mark.parametrize(
    ("compiler", "there", "mkl"), [("gcc", "openmpi", "unknown"), ("intel", "intel-oneapi-mpi", "no")]
)
def test_one_alternative_is_picked_and_the_others_are_said(compiler, there, mkl):
    found = import_texts(ALTERNATIVES, compiler=compiler)
    assert [one["name"] for one in vertices(found, "mpi")] == [there]
    assert answer(found, "intel-oneapi-mkl") == mkl
    assert len(dropped(found, "externals")) == 1
    assert "--compiler" in next(iter(dropped(found, "externals").values()))


def test_a_compiler_that_no_site_has_an_alternative_for_is_refused():
    with pytest.raises(InputError, match="gcc or intel"):
        import_texts(ALTERNATIVES, compiler="gc")


def test_files_without_a_site_in_their_names_are_one_chain_in_the_order_given():
    files = {
        "/etc/defaults/packages.yaml": "packages: {git: {externals: [{spec: git@1, prefix: /a}]}}",
        "/etc/site/packages.yaml": "packages: {git: {'externals:': [{spec: git@2, prefix: /a}]}}",
    }
    assert import_texts(files).fleet().names == ("defaults", "site")
    found = import_texts(files, name="mine")
    assert found.fleet().names == ("mine",)
    assert [one["version"] for one in vertices(found, "git")] == ["2"]
    with pytest.raises(InputError, match="--name"):
        import_texts({"packages.yaml": "packages: {}"})


def test_everything_that_is_not_built_is_known_but_nothing_of_machines():
    text = "packages: {all: {buildable: false}, git: {externals: [{spec: git@2, prefix: /}]}, m4: {buildable: true}}"
    found = imported(here__packages__yaml=text)
    assert [answer(found, one) for one in ("git@2", "git@3", "m4", "gpu", "blas")] == [
        "yes",
        "no",
        "unknown",
        "unknown",
        "unknown",
    ]


@pytest.mark.parametrize(
    "spec",
    ["git @", "gti@2", "git@2@3", "''", "git@1:2", "git"],
    ids=["broken", "other", "twice", "none", "range", "bare"],
)
def test_a_package_of_which_a_spec_is_not_understood_is_not_known_though_it_is_not_built(spec):
    text = f"packages: {{git: {{buildable: false, externals: [{{spec: {spec}}}]}}}}"
    if spec == "''":
        with pytest.raises(InputError, match="spec"):
            imported(here__packages__yaml=text)
        return
    found = imported(here__packages__yaml=text)
    assert answer(found, "git@2:") == "unknown"
    assert found.dropped or spec == "git"


@pytest.mark.parametrize("spec", ["openmpi @", "openmpi@4:5", "openmpi"])
def test_what_provides_mpi_and_is_not_understood_leaves_mpi_open(spec):
    text = f"packages: {{mpi: {{buildable: false}}, openmpi: {{externals: [{{spec: '{spec}', prefix: /o}}]}}}}"
    found = imported(here__packages__yaml=text)
    assert [answer(found, one) for one in ("mpi{name=openmpi, version=5:}", "openmpi@5:", "mpich")] == [
        "unknown",
        "unknown",
        "no",
    ]


def test_variants_that_are_called_as_fields_are_kept_beside_them():
    text = "packages: {a: {externals: [{spec: 'a@1 +prefix memory=x +serial', prefix: /p}]}}"
    found = imported(here__packages__yaml=text)
    assert vertices(found, "a") == [
        {"version": "1", "prefix": "/p", "variant_prefix": True, "memory": ("x",), "serial": ("true",)}
    ]
    assert answer(found, "a{memory=x, serial=true, variant_prefix=true}") == "yes"


def test_a_variant_that_is_a_flag_here_and_a_set_there_is_a_set():
    files = {
        "a.packages.yaml": "packages: {x: {externals: [{spec: x@1+debug, prefix: /p}]}}",
        "b.packages.yaml": "packages: {x: {externals: [{spec: 'x@2 debug=full', prefix: /p}]}}",
    }
    fleet = import_texts(files).fleet()
    answered = match(FleetIndex(fleet), required_job([parse_requirement("x{debug=full}")]))
    assert (answered.names, answered.unknown, answered.incomparable) == (("b",), ("a",), ())


@pytest.mark.parametrize(
    "text",
    [
        "packages: []",
        "packages: {git: []}",
        "packages: {git: {externals: {}}}",
        "packages: {git: {externals: [1]}}",
        "packages: {git: {externals: [{prefix: /}]}}",
        "packages: {git: {buildable: maybe}}",
        "packages: {1: {}}",
        "packages: {all: {providers: []}}",
        "packages: {all: {providers: {mpi: ['@']}}}",
        "compilers: {}",
        "compilers: [{}]",
        "compilers: [{compiler: {spec: [a]}}]",
        "compilers: [{compiler: {spec: a@1, paths: []}}]",
        "other: {}",
        "[]",
        "text",
        "null",
        "{}",
    ],
)
def test_what_is_built_otherwise_is_one_error_with_the_file(text):
    with pytest.raises(InputError) as caught:
        imported(here__packages__yaml=text)
    assert "here.packages.yaml" in str(caught.value)


@pytest.fixture(scope="module")
def real(public_data):
    folder = public_data / "fleets" / "spack-sites"
    given = [read_given(path) for path in sorted(folder.glob("*.yaml"))]
    return given, import_given("spack", given, ImportSettings())


@pytest.fixture(scope="module")
def counted(public_data):
    return externals_and_compilers(public_data / "fleets" / "spack-sites")


def test_all_externals_and_compilers_of_seventeen_sites_are_there(real, counted):
    (_, found), (externals, compilers) = real, counted
    assert len(found.clusters) == 17
    assert dict(found.read) == {"externals": len(externals), "compilers": len(compilers)}
    assert not dropped(found, "externals")
    specs = [parse_spec(spec) for _, spec in externals]
    wanted = Counter((spec.name, spec.version) for spec in specs)
    there = Counter(
        (subsystem.name, dict(vertex.properties)["version"])
        for cluster in found.clusters
        for subsystem in cluster.subsystems
        for vertex in subsystem.vertices
        if subsystem.name in {spec.name for spec in specs}
    )
    # An external that two alternatives of a site list is one; gcc is there as a compiler, too.
    assert there.keys() - {one for one in there if one[0] == "gcc"} <= wanted.keys() <= there.keys()
    assert len({spec.name for spec in specs}) == 71


@pytest.mark.parametrize("compiler", ["gcc", "intel", "oneapi", "aocc"])
def test_with_one_compiler_each_external_is_there_or_said(real, counted, compiler):
    found = import_given("spack", real[0], ImportSettings(compiler=compiler))
    left = sum(one.count for one in found.dropped if one.what == "externals")
    assert 0 < left < 100
    assert dict(found.read)["externals"] + left == len(counted[0])


def test_real_sites_are_as_their_files_say(real):
    _, found = real
    said = found.vocabulary
    assert [one["version"] for one in vertices(found, "git", "derecho")] == ["2.41.0", "2.35.3"]
    assert said.completeness("acorn", "ecflow") == "vertices"
    assert not said.is_complete("hera", "ecflow")
    assert vertices(found, "openjdk", "hera")
    assert {one["name"] for one in vertices(found, "mpi", "hera")} == {"openmpi", "intel-oneapi-mpi"}
    assert all("target" not in one for name in found.fleet().names for one in vertices(found, "arch", name))


def test_an_import_that_is_written_and_read_is_the_same_fleet(real, tmp_path):
    _, found = real
    changes = write_import(found, "spack", tmp_path / "fleet")
    assert {one.what for one in changes} == {"added"}
    read = read_fleet(tmp_path / "fleet")
    assert read.clusters == found.clusters
    for name in read.names:
        for subsystem in found.vocabulary.known:
            assert read.vocabulary.completeness(name, subsystem) == found.vocabulary.completeness(name, subsystem)
    assert {one.what for one in write_import(found, "spack", tmp_path / "fleet")} == {"unchanged"}


def test_ten_jobs_over_the_sites_are_yes_no_and_unknown(real):
    index = FleetIndex(real[1].fleet())
    jobs = read_jobspecs(EXAMPLE)
    yes = match_rows(index, jobs)
    may = match_rows(index, jobs, possible=True)
    counts = {
        name: tuple(len(list(bitset.members(bitset.to_number(row)))) for row in rows)
        for name, *rows in zip(jobs.names, yes, may, strict=True)
    }
    assert len(counts) == 10
    assert sum(matched > 0 for matched, _ in counts.values()) >= 5
    assert sum(may < 17 for _, may in counts.values()) >= 5
    assert sum(may > matched for matched, may in counts.values()) >= 5
    # The page that walks through them has this table.
    rows = re.findall(r"^\| ([a-z-]+) \| (\d+) \| (\d+) \| (\d+) \|$", PAGE.read_text(), re.MULTILINE)
    assert {name: tuple(map(int, numbers)) for name, *numbers in rows} == {
        name: (matched, 17 - may, may - matched) for name, (matched, may) in counts.items()
    }
    # Read off the files: three sites leave MPI to Spack, and of the others' only derecho's is of intel with wrappers.
    answered = match(index, required_job([parse_requirement("cray-mpich{compiler=intel, wrappers=true}")]))
    assert (answered.names, answered.unknown) == (("derecho",), ("blackpearl", "bounty", "emc-rhel"))


def test_the_unknown_facts_of_the_sites_are_ranked(real, tmp_path):
    shutil.copytree(EXAMPLE, tmp_path / "example")
    write_import(real[1], "spack", tmp_path / "example" / "fleet")
    facts, jobs = unknown_facts_of(read_study(tmp_path / "example" / "study.toml"))
    assert jobs == 10
    assert facts
    ranks = [(fact.settled, fact.undecided) for fact in facts]
    assert ranks == sorted(ranks, reverse=True)
    # Nobody says whether the three sites that Spack may build MPI on have one, nor of which compiler acorn's and hera's
    # are, and no fact has a part in more jobs.
    sites = {"blackpearl", "bounty", "emc-rhel", "acorn", "hera"}
    assert {fact.cluster for fact in facts if fact.subsystem == "mpi"} == sites
    assert max(facts, key=lambda fact: fact.undecided).subsystem == "mpi"


SPACK_ONE = """
spack:
  specs: [hdf5+mpi]
  view: true
  packages:
    c: {prefer: [gcc]}
    mpi: {require: [openmpi]}
    gcc:
      externals:
      - spec: gcc@12.2.0 languages:='c,c++,fortran'
        prefix: /usr
        extra_attributes:
          compilers: {c: /usr/bin/gcc, cxx: /usr/bin/g++, fortran: /usr/bin/gfortran}
          flags: {cflags: -O2}
    intel-oneapi-compilers:
      externals:
      - spec: intel-oneapi-compilers@2024.2.1
        prefix: /opt/intel
        extra_attributes: {compilers: {c: /opt/intel/icx}}
    openmpi:
      externals:
      - {spec: 'openmpi@5.0.3 %c,cxx=gcc@12.2.0 fabrics=ucx,ofi', prefix: /opt/openmpi, id: abc}
"""


def test_an_environment_of_spack_1_has_its_compilers_as_packages():
    found = imported(here__spack__yaml=SPACK_ONE)
    assert {one["name"]: (one["version"], one["languages"]) for one in vertices(found, "compiler")} == {
        "gcc": ("12.2.0", ("c", "c++", "fortran")),
        "oneapi": ("2024.2.1", ("c",)),
    }
    assert answer(found, "mpi{name=openmpi, version=5:, compiler=gcc, compiler_version=12:, fabrics=ofi}") == "yes"
    assert dropped(found, "sections").keys() == {"specs", "view"}
    assert dropped(found, "attributes of externals").keys() == {
        "packages.gcc.externals[0].extra_attributes.flags",
        "packages.openmpi.externals[0].id",
    }


def test_files_of_former_versions_map_specs_to_folders_and_modules():
    text = """
packages:
  openmpi:
    paths: {openmpi@4.0%gcc@9: /opt/o}
    modules: {openmpi@3.1: openmpi/3.1}
    externals: [{spec: openmpi@5.0, prefix: /usr}]
"""
    assert vertices(imported(here__packages__yaml=text), "openmpi") == [
        {"version": "4.0", "compiler": "gcc", "compiler_version": "9", "prefix": "/opt/o"},
        {"version": "3.1", "modules": ("openmpi/3.1",)},
        {"version": "5.0", "prefix": "/usr"},
    ]
