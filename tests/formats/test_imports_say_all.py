"""Nothing in a file is silently dropped: what a file has more than another is in the clusters or in the account.

Each key is removed from a file, wherever it is; if neither the clusters nor the account differ then, it was silent.
Those that are listed here are, and why.
"""

import gzip
import json
import re
from pathlib import Path

import pytest
import yaml

from placewise.errors import InputError
from placewise.formats.fleets.imports.import_settings import ImportSettings
from placewise.formats.fleets.imports.kinds import import_given
from placewise.formats.given import Given


def outcome(kind, contents):
    files = [Given(Path(f"f{number}"), content.encode()) for number, content in enumerate(contents)]
    try:
        found = import_given(kind, files, ImportSettings("x"))
    except InputError as error:
        return str(error)
    return found.clusters, found.vocabulary, found.read, found.dropped, found.unknown


def paths(value, at=()):
    """Yield the way to each key; one for all members of a list."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield (*at, key)
            yield from paths(inner, (*at, key))
    elif isinstance(value, list):
        for inner in value:
            yield from paths(inner, (*at, "[]"))


def without(value, path):
    if isinstance(value, list):
        return [without(one, path[1:]) for one in value]
    if not isinstance(value, dict):
        return value
    if len(path) == 1:
        return {key: one for key, one in value.items() if key != path[0]}
    return {key: without(one, path[1:]) if key == path[0] else one for key, one in value.items()}


def silent(kind, document, further=()):
    before = outcome(kind, [json.dumps(document), *further])
    return {
        ".".join(path)
        for path in sorted(set(paths(document)))
        if outcome(kind, [json.dumps(without(document, path)), *further]) == before
    }


def of_lines(kind, text, pattern, value, further=()):
    """Return the silent keys of a text of KEY=VALUE."""
    before = outcome(kind, [text, *further])
    found = set()
    for key in set(re.findall(pattern.format("([A-Za-z_][A-Za-z0-9_]*)"), text, re.MULTILINE)):
        other = re.sub(pattern.format(re.escape(key)) + value, "", text, flags=re.MULTILINE)
        assert other != text
        if outcome(kind, [other, *further]) == before:
            found.add(key)
    return found


def test_nothing_of_slurm_is_silent_but_its_envelope_and_what_is_empty(public_data):
    folder = public_data / "fleets" / "slurm"
    found = silent("slurm", json.loads((folder / "sinfo_out.json").read_text()))
    assert {key for key in found if not key.startswith("meta")} == {
        "errors",  # none
        "nodes.[].state_flags",  # none
        "nodes.[].temporary_disk",  # of no size
    }


@pytest.mark.slow
def test_nothing_of_slurms_partitions_is_silent_but_what_follows_from_the_rest(public_data):
    folder = public_data / "fleets" / "slurm"
    nodes, partitions = ((folder / f"owens_{name}.txt").read_text() for name in ("nodes", "partitions"))
    # What says that there is no limit is as if it were not said.
    limits = {key for key, value in re.findall(r"(\w+)=(\S+)", partitions) if value not in ("ALL", "NO", "UNLIMITED")}
    found = of_lines("slurm", partitions, r"(?<=\s){}=", r"\S*", [nodes])
    assert found & limits <= {"TotalNodes", "TotalCPUs"}
    assert found - limits == {"AllowGroups", "AllowQos", "MaxMemPerNode", "ReqResv", "RootOnly"}


@pytest.mark.parametrize("file", ["fluke.R", "tiny_rv1exec.json", "tiny.json"])
def test_nothing_of_flux_is_silent_but_what_paths_say_too(public_data, file):
    found = silent("flux", json.loads((public_data / "fleets" / "flux" / file).read_text()))
    assert found <= {
        "graph.edges",
        "graph.edges.[].metadata",
        "graph.edges.[].metadata.subsystem",
        *(f"graph.nodes.[].metadata.{key}" for key in ("id", "name", "paths.containment")),
    }


def test_nothing_of_a_node_feature_is_silent_but_names_said_twice_and_what_is_empty(public_data):
    text = (public_data / "fleets" / "nfd" / "nodefeature.yaml").read_text()
    document = next(one for one in yaml.safe_load_all(text) if one)
    found = {key for key in silent("kubernetes", document) if not key.endswith(".elements")}
    assert found <= {
        "apiVersion",
        "metadata.name",  # the label says it, too
        "metadata.labels",
        "metadata.labels.nfd.node.kubernetes.io/node-name",
        "metadata.namespace",
    }


def test_nothing_of_an_ad_is_silent_but_amounts_that_another_attribute_says_too(public_data):
    text = (public_data / "fleets" / "htcondor" / "cmd_status-af_orig_first_test.ads").read_text()
    assert of_lines("condor", text, r"^{}\s*=(?!=)", r".*\n") == {
        "State",  # not drained
        *("Cpus", "Disk", "Memory", "TotalSlotCpus", "TotalSlotDisk", "TotalSlotMemory"),
    }


def test_nothing_of_amazons_types_is_silent_but_parts_of_what_is_said_to_be_left_out(public_data):
    document = json.loads(gzip.decompress((public_data / "fleets" / "aws" / "instance_types.json.gz").read_bytes()))
    types = list(document.values()) if "InstanceTypes" not in document else document["InstanceTypes"]
    seen, few = set(), []
    for one in types:
        if not seen.issuperset(paths(one)):  # enough of them to have every key
            seen.update(paths(one))
            few.append(one)
    document = {"InstanceTypes": few}
    files = [Given(Path("f0"), json.dumps(document).encode())]
    left_out = {place for one in import_given("aws", files, ImportSettings("x")).dropped for place in one.places}
    for key in silent("aws", document):
        place = key.removeprefix("InstanceTypes.[].").replace(".[]", "")
        above = {place[:end] for end, sign in enumerate(place) if sign == "."}
        # Of a whole GPU both counts are one.
        assert above & left_out or place in {"GpuInfo.Gpus.Count", "GpuInfo.Gpus.LogicalGpuCount"}
