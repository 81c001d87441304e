"""`placewise import`: clusters come into a folder, are replaced by the next import of their name, and others stay."""

import json
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from placewise.cli.app import app
from placewise.errors import InputError
from placewise.formats.fleets.fleet_source import read_fleet
from placewise.formats.fleets.imports.import_settings import ImportSettings
from placewise.formats.fleets.imports.into_folder import RECORD, write_import
from placewise.formats.fleets.imports.kinds import import_given
from placewise.formats.given import Given
from placewise.matching.deciding import with_requirements
from placewise.matching.fleet.index import FleetIndex
from placewise.matching.limits.site_limits import with_limits
from placewise.matching.match import match
from placewise.model.fleets.cluster import Cluster
from placewise.model.fleets.imported import Imported
from placewise.model.fleets.vocabulary import Vocabulary
from placewise.model.jobs.job import Job, ResourceGroup, ResourceRequest
from placewise.model.requirements.requirement import Requirement


def run(*arguments):
    result = CliRunner().invoke(app, ["import", *map(str, arguments)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def nodes(*names, cpus=4):
    return "".join(f"NodeName={name} CPUTot={cpus} RealMemory=100 State=IDLE Gres=(null)\n" for name in names)


def document(result):
    return json.loads(result.stdout)


def contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_importing_again_says_what_changed_and_leaves_others_alone(tmp_path):
    file, fleet = tmp_path / "nodes.txt", tmp_path / "fleet"
    file.write_text(nodes("a", "b"))
    first = document(run("slurm", file, "--out", fleet, "--name", "one", "--json"))
    assert [(one["cluster"], one["what"]) for one in first["changes"]] == [("one", "added")]
    run("slurm", file, "--out", fleet, "--name", "two")
    before = contents(fleet)
    again = document(run("slurm", file, "--out", fleet, "--name", "one", "--json"))
    assert again["changes"][0]["what"] == "unchanged"
    assert contents(fleet) == before
    file.write_text(nodes("b", cpus=8) + nodes("c") + "PartitionName=p Nodes=b,c State=UP\n")
    (change,) = document(run("slurm", file, "--out", fleet, "--name", "one", "--json"))["changes"]
    assert change["nodes"] == {"added": ["c"], "gone": ["a"], "changed": ["b"]}
    assert change["subsystems"]["added"] == ["partition"]
    assert {path: text for path, text in contents(fleet).items() if path.parts[0] == "two"} == {
        path: text for path, text in before.items() if path.parts[0] == "two"
    }
    assert read_fleet(fleet).names == ("one", "two")


def test_clusters_of_an_import_that_are_gone_go(tmp_path):
    file, fleet = tmp_path / "nodes.txt", tmp_path / "fleet"
    parts = "PartitionName=p Nodes=a State=UP\nPartitionName=q Nodes=b State=UP\n"
    file.write_text(nodes("a", "b") + parts)
    run("slurm", file, "--out", fleet, "--name", "s", "--by-partition")
    (fleet / "vocabulary.yaml").write_text("subsystems: {fpga: {}}\n")
    assert read_fleet(fleet).names == ("s-p", "s-q")
    (fleet / "s-p" / "state.json").write_text('{"cost_per_node_hour": 2}')
    with pytest.raises(InputError, match="files that no import wrote"):
        run("slurm", file, "--out", fleet, "--name", "s")
    assert read_fleet(fleet).names == ("s-p", "s-q")
    result = run("slurm", file, "--out", fleet, "--name", "s", "--force")
    assert [line[0] for line in result.stdout.splitlines() if line.startswith(("+", "-", "~"))] == ["+", "-"]
    assert read_fleet(fleet).names == ("s",)
    assert "fpga" in read_fleet(fleet).vocabulary.known
    assert sorted(path.name for path in fleet.iterdir()) == ["s", "vocabulary.yaml"]


def test_what_others_wrote_is_not_replaced_unless_asked(tmp_path):
    file, fleet = tmp_path / "nodes.txt", tmp_path / "fleet"
    file.write_text(nodes("a"))
    run("slurm", file, "--out", fleet, "--name", "one")
    (fleet / "one" / RECORD).unlink()
    before = contents(fleet)
    with pytest.raises(InputError, match="already exists, and this import did not write it"):
        run("slurm", file, "--out", fleet, "--name", "one")
    assert contents(fleet) == before
    run("slurm", file, "--out", fleet, "--name", "one", "--force")
    (fleet / "one" / "state.json").write_text('{"cost_per_node_hour": 2}')
    file.write_text(nodes("a", "b"))
    run("slurm", file, "--out", fleet, "--name", "one")
    assert read_fleet(fleet).clusters[0].state == (("cost_per_node_hour", 2),)
    (tmp_path / "nodes.json").write_text("{}")
    with pytest.raises(InputError, match="not a folder of clusters"):
        run("slurm", file, "--out", tmp_path)


@pytest.mark.parametrize("name", ["..", ".", "a/b", "../x", "ä ö", "a%2Fb", "-x", "[a]*?", "x" * 100])
def test_any_name_is_a_folder_inside_of_the_fleet(tmp_path, name):
    fleet = tmp_path / "in" / "fleet"
    given = Given(Path("f"), nodes("a").encode())
    imported = import_given("slurm", [given], ImportSettings(name))
    write_import(imported, "slurm", fleet)
    assert read_fleet(fleet) == imported.fleet()
    assert [path.name for path in tmp_path.iterdir()] == ["in"]
    assert [path.name for path in (tmp_path / "in").iterdir()] == ["fleet"]
    assert write_import(imported, "slurm", fleet)[0].what == "unchanged"
    write_import(import_given("slurm", [given], ImportSettings("other")), "slurm", fleet)
    assert set(read_fleet(fleet).names) == {name, "other"}


def test_a_record_cannot_remove_files_elsewhere(tmp_path):
    fleet = tmp_path / "fleet"
    imported = Imported("n", (Cluster("a"),), Vocabulary())
    write_import(imported, "slurm", fleet)
    (tmp_path / "mine").write_text("x")
    (fleet / "a" / RECORD).write_text('{"kind": "slurm", "name": "n", "files": ["../../mine"]}')
    with pytest.raises(InputError, match="not the name of a file"):
        write_import(Imported("n", (Cluster("b"),), Vocabulary()), "slurm", fleet)
    assert (tmp_path / "mine").read_text() == "x"


def test_nothing_is_written_where_a_file_cannot_be_read(tmp_path):
    file, fleet = tmp_path / "nodes.txt", tmp_path / "fleet"
    file.write_text(nodes("a") + "NodeName=b CPUTot=x\n")
    with pytest.raises(InputError, match="node 'b', CPUTot"):
        run("slurm", file, "--out", fleet)
    assert not fleet.exists()
    with pytest.raises(InputError, match="is not a format of fleets"):
        run("slurm", file, "--out", fleet, "--format", "xml")


@pytest.mark.slow
def test_ten_thousand_nodes_are_imported_and_asked_in_time(tmp_path):
    record = "NodeName=n{} CPUTot=128 CoresPerSocket=32 Sockets=2 ThreadsPerCore=2 RealMemory=512000 Gres={}\n"
    record += "   AvailableFeatures=ib,rack{} State=IDLE Partitions=batch,debug\n"
    gres = ("(null)", "gpu:a100:4(S:0-3)", "gpu:v100:2")
    file, fleet = tmp_path / "nodes.txt", tmp_path / "fleet"
    file.write_text("".join(record.format(number, gres[number % 3], number // 40) for number in range(10_000)))
    start = time.process_time()
    run("slurm", file, "--out", fleet, "--name", "big")
    assert time.process_time() - start < 5
    job = with_requirements(
        Job("j", (ResourceGroup((ResourceRequest("core", 64),)),)), [Requirement.parse("gpu{model=a100}")]
    )
    index = FleetIndex(read_fleet(fleet), names_apart=True)
    start = time.process_time()
    assert match(index, with_limits(job, index.vocabulary))
    assert time.process_time() - start < 0.05
