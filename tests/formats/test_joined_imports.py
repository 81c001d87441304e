"""Imports of several kinds that describe one cluster: each is replaced alone, in whatever order they come."""

import json
from itertools import permutations
from pathlib import Path

import pytest
from fuzzing_imports import PBS, R
from hypothesis import given, settings
from hypothesis import strategies as st
from spack_documents import LOCKFILE

from placewise.errors import InputError
from placewise.formats.fleets.fleet_source import read_fleet
from placewise.formats.fleets.imports.import_records import PARTS
from placewise.formats.fleets.imports.import_settings import ImportSettings
from placewise.formats.fleets.imports.into_folder import write_import
from placewise.formats.fleets.imports.kinds import import_given
from placewise.formats.given import Given
from placewise.matching.deciding import required_job
from placewise.matching.fleet.index import FleetIndex
from placewise.matching.match import match
from placewise.model.requirements.requirement_line import parse_requirement

NODES = (
    "NodeName=g1 Arch=x86_64 CPUTot=4 CoresPerSocket=4 Sockets=1 ThreadsPerCore=1 RealMemory=100 State=IDLE "
    "Gres=gpu:a100:2\nNodeName=c1 CPUTot=4 RealMemory=100 State=IDLE Gres=(null)\n"
)
SOFTWARE = """
packages:
  gcc: {externals: [{spec: gcc@12.3.0, prefix: /opt/gcc}]}
  cmake: {buildable: false}
compilers:
- compiler: {spec: gcc@12.3.0, operating_system: rhel8, target: x86_64}
"""
OTHER = """
compilers:
- compiler: {spec: gcc@9, operating_system: rhel8, target: x86_64}
- compiler: {spec: gcc@9, operating_system: rhel9, target: aarch64}
"""


def read(kind, content, name="ours"):
    files = {"spack": "packages.yaml"}
    text = content if isinstance(content, str) else json.dumps(content)
    return import_given(kind, [Given(Path(files.get(kind, "file")), text.encode())], ImportSettings(name))


def into(folder, kind, content, name="ours", *, force=False):
    return write_import(read(kind, content, name), kind, folder, force=force)


def contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def answer(fleet, line):
    answered = match(FleetIndex(read_fleet(fleet)), required_job([parse_requirement(line)]))
    return "yes" if answered.names else "unknown" if answered.unknown else "no"


def test_slurm_and_spack_describe_one_cluster(tmp_path):
    into(tmp_path / "f", "slurm", NODES)
    (change,) = into(tmp_path / "f", "spack", SOFTWARE)
    assert (change.what, change.subsystems.added) == ("changed", ("compiler", "gcc", "os"))
    assert not change.nodes
    assert [(one.subsystem, one.left_out, one.counts) for one in change.overlaps] == [("arch", "spack", "slurm")]
    fleet = tmp_path / "f"
    assert read_fleet(fleet).names == ("ours",)
    assert answer(fleet, "gpu{model=a100} and compiler{name=gcc, version=12:}") == "yes"
    assert answer(fleet, "gpu{model=a100} and cmake") == "no"
    assert answer(fleet, "gpu{model=a100} and compiler{name=gcc, version=13:}") == "unknown"
    assert answer(fleet, "gres{name=nic}") == "no"


@pytest.mark.parametrize("order", list(permutations(["slurm", "spack"])))
def test_the_order_of_imports_changes_nothing(tmp_path, order):
    said = {"slurm": NODES, "spack": SOFTWARE}
    for kind in order:
        into(tmp_path / "f", kind, said[kind])
    into(tmp_path / "again", "slurm", NODES.replace("a100", "v100"))
    into(tmp_path / "again", "spack", OTHER)
    into(tmp_path / "again", "slurm", NODES)
    into(tmp_path / "again", "spack", SOFTWARE)
    assert contents(tmp_path / "f") == contents(tmp_path / "again")


def test_importing_one_again_leaves_what_the_other_said(tmp_path):
    fleet = tmp_path / "f"
    into(fleet, "slurm", NODES)
    into(fleet, "spack", SOFTWARE)
    before = contents(fleet)
    assert into(fleet, "spack", SOFTWARE)[0].what == into(fleet, "slurm", NODES)[0].what == "unchanged"
    assert contents(fleet) == before
    (change,) = into(fleet, "slurm", NODES.replace("NodeName=c1", "NodeName=c2"))
    assert (change.nodes.added, change.nodes.gone, change.subsystems.changed) == (
        ("c2",),
        ("c1",),
        ("cpu", "host", "memory", "node"),
    )
    of_spack = Path("ours", PARTS, "spack")
    after = contents(fleet)
    assert {path: after[path] for path in after if of_spack in path.parents} == {
        path: before[path] for path in before if of_spack in path.parents
    }
    (change,) = into(fleet, "spack", "packages: {zlib: {externals: [{spec: zlib@1.3, prefix: /z}]}}")
    assert (change.subsystems.added, change.subsystems.gone) == (("zlib",), ("compiler", "gcc", "os"))
    assert answer(fleet, "gpu{model=a100} and zlib@1.3") == "yes"


def test_what_one_did_not_say_any_more_is_taken_from_the_other(tmp_path):
    fleet = tmp_path / "f"
    into(fleet, "spack", SOFTWARE)
    into(fleet, "slurm", NODES)
    assert answer(fleet, "arch{architecture=x86_64}") == "yes"
    (change,) = into(fleet, "slurm", NODES.replace("Arch=x86_64 ", ""))
    assert change.overlaps == ()
    assert answer(fleet, "arch{architecture=x86_64}") == "yes"  # Spack's compilers are for it


def test_several_architectures_of_a_site_are_of_no_node(tmp_path):
    into(tmp_path / "f", "spack", OTHER)
    assert answer(tmp_path / "f", "arch{architecture=aarch64}") == "yes"
    (change,) = into(tmp_path / "f", "slurm", NODES.replace("Arch=x86_64 ", ""))
    assert [(one.subsystem, one.counts) for one in change.overlaps] == [("arch", ""), ("os", "")]
    assert answer(tmp_path / "f", "arch{architecture=aarch64}") == "unknown"


def test_an_installation_is_known_in_full_and_machines_by_whoever_describes_them(tmp_path):
    into(tmp_path / "f", "slurm", NODES)
    into(tmp_path / "f", "spack", LOCKFILE)
    assert answer(tmp_path / "f", "gpu{model=a100} and hdf5@1.14:") == "yes"
    assert answer(tmp_path / "f", "mpich") == "no"
    assert answer(tmp_path / "f", "disk") == "unknown"
    assert answer(tmp_path / "f", "gres{name=gpu, type=h100}") == "no"
    assert answer(tmp_path / "f", "os{name=windows}") == "unknown"


def test_two_kinds_cannot_describe_the_machines_of_one_cluster(tmp_path):
    fleet = tmp_path / "f"
    into(fleet, "slurm", NODES)
    into(fleet, "spack", SOFTWARE)
    before = contents(fleet)
    for kind, content in (("pbs", PBS), ("flux", R)):
        with pytest.raises(InputError, match=r"describe its machines.*--force"):
            into(fleet, kind, content)
    sites = [Given(Path(f"{name}.packages.yaml"), SOFTWARE.encode()) for name in ("ours", "theirs")]
    with pytest.raises(InputError, match="already exists"):  # Spack says two things of one cluster
        write_import(import_given("spack", sites, ImportSettings("sites")), "spack", fleet)
    assert contents(fleet) == before
    (change,) = into(fleet, "pbs", PBS, force=True)
    assert (change.nodes.added, change.nodes.gone) == (("p1",), ("c1", "g1"))
    assert sorted(path.name for path in (fleet / "ours" / PARTS).iterdir()) == ["pbs", "spack"]
    assert answer(fleet, "compiler{name=gcc}") == "yes"


def test_a_part_that_is_gone_leaves_the_other(tmp_path):
    fleet = tmp_path / "f"
    sites = [Given(Path(f"{name}.packages.yaml"), SOFTWARE.encode()) for name in ("ours", "theirs", "third")]
    write_import(import_given("spack", sites, ImportSettings("sites")), "spack", fleet)
    into(fleet, "slurm", NODES)
    (fleet / "ours" / "state.json").write_text('{"cost_per_node_hour": 2}')
    changes = write_import(import_given("spack", sites[1:], ImportSettings("sites")), "spack", fleet)
    assert [(one.cluster, one.what) for one in changes] == [
        ("ours", "changed"),
        ("theirs", "unchanged"),
        ("third", "unchanged"),
    ]
    assert changes[0].subsystems.gone == ("compiler", "gcc", "os")
    assert not (fleet / "ours" / PARTS).exists()
    assert read_fleet(fleet).clusters[0].state == (("cost_per_node_hour", 2),)
    into(tmp_path / "alone", "slurm", NODES)
    (tmp_path / "alone" / "ours" / "state.json").write_text('{"cost_per_node_hour": 2}')
    own = {path: text for path, text in contents(fleet).items() if path.parts[0] == "ours"}
    assert own == contents(tmp_path / "alone")


def test_what_others_put_into_the_folder_is_no_change(tmp_path):
    fleet = tmp_path / "f"
    into(fleet, "slurm", NODES)
    (fleet / "ours" / "state.json").write_text('{"cost_per_node_hour": 2}')
    assert into(fleet, "slurm", NODES)[0].what == "unchanged"
    into(fleet, "spack", SOFTWARE)
    assert into(fleet, "slurm", NODES)[0].what == "unchanged"
    assert read_fleet(fleet).clusters[0].state == (("cost_per_node_hour", 2),)
    (fleet / "ours" / "zlib-subsystem.json").write_text('{"graph": {"nodes": {}, "edges": []}}')
    with pytest.raises(InputError, match="was not written by an import"):
        into(fleet, "spack", "packages: {zlib: {externals: [{spec: zlib@1.3, prefix: /z}]}}")


@pytest.mark.parametrize(
    "record",
    [
        {"imports": {"../../x": "ours", "spack": "ours"}, "files": []},
        {"imports": {}, "files": []},
        {"imports": {"slurm": 1}, "files": []},
        {"imports": ["slurm"], "files": []},
        {"imports": {"slurm": "ours", "pbs": "ours"}, "files": []},
    ],
)
def test_a_broken_record_is_refused_and_nothing_is_written(tmp_path, record):
    into(tmp_path / "f", "slurm", NODES)
    (tmp_path / "f" / "ours" / "import.json").write_text(json.dumps(record))
    before = contents(tmp_path)
    with pytest.raises(InputError):
        into(tmp_path / "f", "spack", SOFTWARE)
    assert contents(tmp_path) == before


@settings(max_examples=12, deadline=None)
@given(st.lists(st.sampled_from([("slurm", 0), ("slurm", 1), ("spack", 0), ("spack", 1), ("spack", 2)]), max_size=6))
def test_a_folder_depends_on_the_last_import_of_each_kind_alone(tmp_path_factory, steps):
    said = {
        "slurm": [NODES, NODES.replace("Arch=x86_64 ", "").replace("c1", "c2")],
        "spack": [SOFTWARE, OTHER, json.dumps(LOCKFILE)],
    }
    tmp_path = tmp_path_factory.mktemp("joined")
    for kind, which in steps:
        into(tmp_path / "f", kind, said[kind][which])
    last = dict(steps)
    for kind in sorted(last, reverse=True):
        into(tmp_path / "once", kind, said[kind][last[kind]])
    assert not steps or contents(tmp_path / "f") == contents(tmp_path / "once")
    if steps:
        fleet = read_fleet(tmp_path / "f")
        assert len(fleet.clusters) == 1
        read_fleet(tmp_path / "f" / "ours")


def test_a_part_that_was_cut_off_is_named_and_goes_with_force(tmp_path):
    fleet = tmp_path / "f"
    into(fleet, "slurm", NODES)
    into(fleet, "spack", SOFTWARE)
    (fleet / "ours" / PARTS / "slurm" / "nodes.json").unlink()
    with pytest.raises(InputError, match=r"imports/slurm/nodes\.json"):
        into(fleet, "spack", SOFTWARE)
    into(fleet, "spack", SOFTWARE, force=True)
    assert not (fleet / "ours" / PARTS / "spack").exists()
    into(fleet, "slurm", NODES)
    into(tmp_path / "again", "slurm", NODES)
    into(tmp_path / "again", "spack", SOFTWARE)
    assert contents(fleet) == contents(tmp_path / "again")
