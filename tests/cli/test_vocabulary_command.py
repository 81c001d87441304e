"""placewise vocabulary: what words mean in a fleet, and where that is from."""

from __future__ import annotations

import json

import pytest
from small_fleets import written_features, written_fleet

from placewise.formats.fleets.fleet_source import read_fleet
from placewise.formats.fleets.vocabulary.reading import read_vocabulary
from placewise.matching.fleet.index import FleetIndex

WORDS = """\
# said by a person
subsystems:
  gpu: {complete: false, fields: {memory: {kind: quantity, unit: MiB}}}
  fpga: {}
fields:
  firmware: {kind: version, scheme: semver}
clusters:
  one: {complete: true}
"""
GPUS = {
    "one": {"gpu": [{"memory": 81920, "vendor": "nvidia", "lanes": 16, "firmware": "1.2.3"}]},
    "two": {"gpu": [{"memory": "16 GB", "features": ["sm80"]}]},
}


@pytest.fixture
def fleet(tmp_path):
    """A fleet of two clusters with a vocabulary."""
    return written_fleet(tmp_path / "fleet", WORDS, **GPUS)


def test_the_built_in_one_is_shown_without_a_fleet(placewise):
    done = placewise("vocabulary")
    assert done.code == 0
    assert "amd64 = x86_64" in done.out
    assert all(len(line) <= 100 for line in done.out.splitlines())
    assert done.out.count("every subsystem") == 1
    fields = json.loads(placewise("vocabulary", "--json").out)["fields"]
    assert {one["from"] for one in fields} == {"built-in"}
    assert {"subsystem": None, "field": "target", "kind": "target"}.items() <= next(
        one for one in fields if one["field"] == "target"
    ).items()


def test_each_entry_says_where_it_is_from(placewise, fleet):
    document = json.loads(placewise("vocabulary", fleet, "--json").out)
    found = {(one["subsystem"], one["field"]): (one["kind"], one["from"]) for one in document["fields"]}
    assert found == {
        (None, "firmware"): ("version", "file"),
        ("gpu", "memory"): ("quantity", "file"),
        ("gpu", "vendor"): ("text", "built-in"),
        ("gpu", "lanes"): ("number", "inferred"),
        ("gpu", "features"): ("set", "inferred"),
        ("gpu", "firmware"): ("version", "file"),
    }
    assert document["subsystems_without_fields"] == ["fpga"]
    assert document["complete"] == [
        {"cluster": None, "subsystem": "gpu", "complete": False},
        {"cluster": "one", "subsystem": None, "complete": True},
    ]
    printed = placewise("vocabulary", fleet)
    assert "quantity in MiB" in printed.out
    assert "more may be there than is described" in printed.out


def test_what_was_inferred_is_written_once_and_changes_no_answer(placewise, fleet):
    path = fleet / "vocabulary.yaml"
    refused = placewise("vocabulary", fleet, "--write")
    assert refused.code == 2
    assert "--force" in refused.err
    assert path.read_text() == WORDS
    before, said = FleetIndex(read_fleet(fleet)).vocabulary, read_vocabulary(path)
    done = placewise("vocabulary", fleet, "--write", "--force")
    assert (done.code, done.out) == (0, "")
    after = read_vocabulary(path)
    assert after == before
    assert said.kinds.items() <= after.kinds.items()
    assert after.complete == said.complete
    assert after.kinds["gpu", "lanes"].inferred
    again = path.read_text()
    assert placewise("vocabulary", fleet, "--write", "--force").code == 0
    assert path.read_text() == again
    shown = {one["from"] for one in json.loads(placewise("vocabulary", fleet, "--json").out)["fields"]}
    assert shown == {"file", "built-in", "inferred"}


def test_it_is_written_beside_features_that_have_none(placewise, tmp_path):
    fleet = written_features(tmp_path / "f", one={"gcc": "12.1"})
    assert placewise("vocabulary", fleet / "cluster-features.json", "--write").code == 0
    assert read_vocabulary(fleet / "vocabulary.yaml").known == {"gcc": frozenset({"type", "version"})}
    # What is gone stays known.
    (fleet / "cluster-features.json").write_text('{"one": {"cmake": "3.20"}}')
    assert placewise("match", "--fleet", fleet, "--require", "gcc").code == 3


def test_without_a_fleet_there_is_nowhere_to_write(placewise):
    done = placewise("vocabulary", "--write")
    assert (done.code, done.out) == (2, "")
    assert "--write" in done.err
