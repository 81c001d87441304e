"""Flux, Kubernetes, PBS, HTCondor and AWS: what their files say is in the clusters, or in the account."""

import gzip
import json
from pathlib import Path

import pytest
from fuzzing_imports import ADS, KUBERNETES_NODE, NODE_FEATURE, PBS, RULE, R

from placewise.errors import InputError
from placewise.formats.fleets.fleet_source import read_fleet
from placewise.formats.fleets.imports.htcondor.classads import Expression, literal
from placewise.formats.fleets.imports.import_settings import ImportSettings
from placewise.formats.fleets.imports.kinds import KINDS, import_files, import_given
from placewise.formats.fleets.imports.kubernetes.nodes import amount
from placewise.formats.given import Given
from placewise.formats.notations.memory_sizes import pbs_bytes


def imported(kind, *contents, **asked):
    files = [
        Given(Path(f"f{number}"), (one if isinstance(one, str) else json.dumps(one)).encode())
        for number, one in enumerate(contents)
    ]
    return import_given(kind, files, ImportSettings(**asked))


def vertices(found, subsystem, cluster=0):
    return [
        dict(vertex.properties)
        for one in found.clusters[cluster].subsystems
        if one.name == subsystem
        for vertex in one.vertices
    ]


def sizes(found, kind, cluster=0):
    return [one.size for one in found.clusters[cluster].graph.vertices if one.type == kind]


def dropped(found, what):
    return [place for one in found.dropped if one.what == what for place in one.places]


# Flux.


def test_flux_files_are_the_clusters_that_fleet_reads(public_data):
    folder = public_data / "fleets" / "flux"
    for file in ("fluke.R", "tiny.json", "tiny_rv1exec.json"):
        assert import_files("flux", [folder / file], ImportSettings()).clusters == read_fleet(folder / file).clusters
    assert imported("flux", R, name="x").fleet().names == ("x",)
    with pytest.raises(InputError, match="neither Flux's R nor a graph"):
        imported("flux", {"a": {}})


def graph_of_flux(*nodes, edges=None, **more):
    """A cluster with nodes; nodes : the metadata of each."""
    vertices = [{"id": "0", "metadata": {"type": "cluster", "paths": {"containment": "/c"}}}]
    vertices += [{"id": str(at), "metadata": {"type": "node", **one}} for at, one in enumerate(nodes, 1)]
    edges = edges or [{"source": "0", "target": str(at)} for at, _ in enumerate(nodes, 1)]
    return {"graph": {"nodes": vertices, "edges": edges}, **more}


WITHOUT_NAMES = {"version": 1, "execution": {"R_lite": [{"rank": "0-1", "children": {"core": "0"}}]}}


@pytest.mark.parametrize(
    ("document", "complete"),
    [
        (R, {"host", "rank"}),
        (WITHOUT_NAMES, {"rank"}),
        (graph_of_flux({"name": "a", "rank": 0, "status": 1}, {"name": "b", "rank": 1}), {"host", "rank", "node"}),
        (graph_of_flux({"name": "a", "rank": 0}, {"rank": -1}), set()),
        (graph_of_flux({}, {}), set()),
    ],
)
def test_names_ranks_and_states_that_flux_does_not_say_of_all_nodes_are_unknown(document, complete):
    words = imported("flux", document, name="x").vocabulary
    assert {one for one in ("host", "rank", "node") if words.is_complete("x", one)} == complete


def test_where_paths_of_flux_differ_from_edges_the_edges_count_and_that_is_told():
    inside = {"paths": {"containment": "/c/n1"}}, {"paths": {"containment": "/c/n1/n2"}}
    assert dropped(imported("flux", graph_of_flux(*inside)), "paths of vertices") == ["graph.nodes[2]"]
    edges = [{"source": "0", "target": "1"}, {"source": "1", "target": "2"}]
    assert not dropped(imported("flux", graph_of_flux(*inside, edges=edges)), "paths of vertices")


def test_a_property_of_a_rank_is_that_of_all_its_nodes():
    execution = {"R_lite": [{"rank": "0", "children": {"core": "0"}}], "nodelist": ["a"], "properties": {"big": "0"}}
    graph = graph_of_flux({"name": "a", "rank": 0}, {"name": "b", "rank": 0})
    found = imported("flux", {"version": 1, "execution": execution, "scheduling": graph})
    (big,) = [one for one in found.clusters[0].subsystems if one.name == "property"]
    assert big.vertices[0].attached_to == (1, 2)
    assert dropped(found, "keys") == ["execution.R_lite", "execution.nodelist"]


# Kubernetes and NFD.


def test_a_node_of_kubernetes():
    found = imported("kubernetes", {"kind": "List", "items": [KUBERNETES_NODE]})
    assert sizes(found, "core") == [3]  # 3920m are three whole ones
    assert sizes(found, "memory") == [16 << 30]
    assert sizes(found, "gpu") == [2]
    assert vertices(found, "gpu") == [{"vendor": "nvidia", "model": "A100"}]
    assert {"name": "zone", "value": "a"} in vertices(found, "property")
    assert not [one for one in vertices(found, "property") if one["name"] == "kubernetes.io/hostname"]
    assert vertices(found, "host") == [{"name": "k1"}]
    assert vertices(found, "taint") == [{"key": "gpu", "value": "x", "effect": "NoSchedule"}]
    assert vertices(found, "gres") == [{"name": "x.org/nic", "count": 1}]
    assert vertices(found, "container-runtime") == [{"name": "containerd", "version": "1.7"}]
    assert vertices(found, "node") == [{"state": "up"}]
    assert dropped(found, "resources of nodes") == ["pods"]


@pytest.mark.parametrize(
    ("spec", "ready", "state"),
    [({}, "True", "up"), ({}, "False", "down"), ({}, "Unknown", "down"), ({"unschedulable": True}, "True", "drained")],
)
def test_states_of_nodes_of_kubernetes(spec, ready, state):
    status = {"conditions": [{"type": "Ready", "status": ready}]}
    node = {"kind": "Node", "metadata": {"name": "a"}, "spec": spec, "status": status}
    assert vertices(imported("kubernetes", node), "node") == [{"state": state}]


def test_features_join_the_node_that_they_are_of_whose_labels_say_what_came_of_rules():
    found = imported("kubernetes", {"kind": "List", "items": [NODE_FEATURE, KUBERNETES_NODE, RULE]})
    assert sizes(found, "node") == [1]
    assert vertices(found, "cpu.cpuid") == [{"name": "AVX"}]
    assert vertices(found, "pci.device") == [{"vendor": "10de", "names": ("vendor",)}]
    assert vertices(found, "kernel.version") == [{"major": "6", "names": ("major",)}]
    assert {"name": "feature.node.kubernetes.io/a", "value": "b"} in vertices(found, "property")
    assert dropped(found, "rules of NFD") == ["items[2], spec.rules[0] r"]
    assert found.vocabulary.is_complete("f0", "cpu.cpuid")
    assert not found.vocabulary.is_complete("f0", "usb.device")


def test_the_public_nfd_files(public_data):
    folder = public_data / "fleets" / "nfd"
    found = import_files(
        "kubernetes", [folder / "nodefeature.yaml", folder / "nodefeaturerule.yaml"], ImportSettings("nfd")
    )
    assert len(vertices(found, "kernel.loadedmodule")) == 19
    assert {one["name"] for one in vertices(found, "cpu.cpuid")} == {"SHA1", "SHA2", "SHA3", "SHA512"}
    assert vertices(found, "system.osrelease")[0]["VERSION_ID"] == "22.04"
    assert found.vocabulary.is_complete("nfd", "usb.device")  # looked for, and none is there
    assert not found.dropped
    assert {"name": "vendor.io/my-sample-feature", "value": "true"} in vertices(found, "property")
    assert vertices(found, "gres") == [
        {"name": "vendor.io/dynamic", "count": 6},
        {"name": "vendor.io/static", "count": 123},
    ]
    assert read_fleet(folder / "nodefeature.yaml").names == ("nodefeature",)


@pytest.mark.parametrize(
    ("text", "expected"), [("3920m", 3.92), ("16Gi", 16 << 30), ("1e3", 1000), ("1E", 10**18), ("12E2", 1200), (4, 4)]
)
def test_quantities_of_kubernetes(text, expected):
    assert float(amount(text, "x")) == expected


@pytest.mark.parametrize("text", ["", "x", "1Q", "-1", "1e999", None, True, [], "9" * 100])
def test_quantities_that_are_none(text):
    with pytest.raises(InputError):
        amount(text, "x")


# PBS.


def test_vnodes_of_pbs():
    found = imported("pbs", PBS)
    assert found.name == "s"
    assert (sizes(found, "core"), sizes(found, "memory"), sizes(found, "gpu")) == ([4], [8 << 30], [1])
    assert vertices(found, "property") == [{"name": "fast", "value": "True"}, {"name": "queue", "value": "q"}]
    assert vertices(found, "os") == [{"name": "linux"}]
    for state, expected in (("free", "up"), ("down,offline", "drained"), ("state-unknown,down", "down")):
        node = {"nodes": {"a": {"state": state}}, "pbs_version": "23"}
        assert vertices(imported("pbs", node), "node") == [{"state": expected}]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("384000000kb", 384000000 * 1024), ("1gb", 1 << 30), ("2mw", 16 << 20), (5, 5), ("1T", 1 << 40)],
)
def test_sizes_of_pbs_are_of_1024(text, expected):
    assert pbs_bytes(text, "x") == expected


# HTCondor.


def test_slots_of_one_machine_are_one_node(public_data):
    file = public_data / "fleets" / "htcondor" / "cmd_status-af_orig_first_test.ads"
    found = import_files("condor", [file], ImportSettings())
    assert dict(found.read) == {"slots": 8, "machines": 1}
    assert (sizes(found, "node"), sizes(found, "core"), sizes(found, "memory")) == ([1], [8], [8 * 1957 << 20])
    expressions = ["CpuBusy", "DaemonShutdown", "MachineMaxVacateTime", "Requirements", "SlotWeight", "Unhibernate"]
    assert dropped(found, "expressions") == expressions
    (machine,) = vertices(found, "machine")
    assert machine["DaemonShutdown"] == "time() - DaemonStartTime > 1500"
    attributes = {line.split(" = ")[0] for line in file.read_text().splitlines() if line.strip()}
    said = {*machine, *dropped(found, "attributes"), *dropped(found, "expressions")}
    assert attributes - said == {
        "Machine",
        "Cpus",
        "Memory",
        "Disk",
        "State",
        *(f"TotalSlot{x}" for x in ("Cpus", "Memory", "Disk")),
    }


def test_dynamic_slots_are_parts_of_their_partitionable_one():
    ad = 'Machine = "m"\nCpus = {}\nTotalSlotCpus = 8\nMemory = 1\nTotalSlotMemory = 100\nSlotType = "{}"\n'
    text = (
        ad.format(6, "Partitionable") + "\n" + ad.format(2, "Dynamic").replace("TotalSlotCpus = 8", "TotalSlotCpus = 2")
    )
    assert sizes(imported("condor", text), "core") == [8]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("true", True),
        ("FALSE", False),
        ("-3", -3),
        ("1.5e3", 1500.0),
        ('"a \\"b\\""', 'a "b"'),
        ("undefined", None),
        ("time() > 3", Expression("time() > 3")),
        ('"a" + "b"', Expression('"a" + "b"')),
        ("error", Expression("error")),
    ],
)
def test_plain_values_of_classads_are_read_and_nothing_is_worked_out(text, expected):
    assert literal(text) == expected


def test_json_and_text_of_condor_are_equal():
    entry = {"Machine": "c1", "MyType": "Machine", "Cpus": 4, "Memory": 2000}
    first = {**entry, "Start": '\\/Expr((Owner == "x") && time() > 3)\\/', "has_avx": True, "Text": 'a "quoted" one'}
    assert imported("condor", [first, entry]).fleet() == imported("condor", ADS).fleet()


# AWS.


def test_instance_types_are_clusters_with_prices(public_data):
    file = public_data / "fleets" / "aws" / "instance_types.json.gz"
    document = json.loads(gzip.decompress(file.read_bytes()))
    prices = Given(Path("prices.csv"), b"Instance Type,Location,PricePerUnit\np4d.24xlarge,x,32.7726\nnone.large,x,1\n")
    found = import_files("aws", [file], ImportSettings(prices=prices))
    assert found.fleet().names == tuple(sorted(document))
    assert dropped(found, "prices") == ["none.large"]
    position = found.fleet().names.index("p4d.24xlarge")
    assert found.clusters[position].state == (("cost_per_node_hour", 32.7726),)
    (gpu,) = vertices(found, "gpu", position)
    assert gpu == {"model": "A100", "vendor": "nvidia", "memory": 40960 << 20, "memory_unit": "B"}
    assert sizes(found, "gpu", position) == [8]
    for cluster, entry in zip(found.clusters, (document[name] for name in sorted(document)), strict=True):
        assert {one.type: one.size for one in cluster.graph.vertices}["core"] == entry["VCpuInfo"]["DefaultCores"]
    keys = {key for entry in document.values() for key in entry}
    read = "InstanceType VCpuInfo MemoryInfo GpuInfo ProcessorInfo NetworkInfo InstanceStorageInfo BareMetal Hypervisor"
    read += (
        " BurstablePerformanceSupported CurrentGeneration SupportedUsageClasses SupportedVirtualizationTypes FpgaInfo"
    )
    read += " InferenceAcceleratorInfo MediaAcceleratorInfo NeuronInfo PlacementGroupInfo NitroEnclavesSupport"
    assert keys - set(read.split()) - {"EbsInfo", "InstanceStorageSupported"} <= set(dropped(found, "keys of types"))
    assert read_fleet(file).clusters == import_files("aws", [file], ImportSettings()).clusters


# All kinds.


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "spack"])
@pytest.mark.parametrize("content", ["", "\x00", "[]", "{}", "3", "a: b", "[[[[", '{"nodes": {}}', "\ufeff{}", "null"])
def test_what_is_of_no_kind_is_one_clear_error(kind, content):
    with pytest.raises(InputError) as error:
        imported(kind, content)
    assert "\n" not in str(error.value)


def test_options_that_a_kind_does_not_have_are_refused(tmp_path):
    with pytest.raises(InputError, match="flux has no such option"):
        import_files("flux", [tmp_path], ImportSettings(by_partition=True))
    with pytest.raises(InputError, match="is not a kind of import"):
        import_files("fluxx", [tmp_path], ImportSettings())


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_given_twice_is_refused_however_its_path_is_written(kind, tmp_path):
    file = tmp_path / "one.json"
    file.write_text("{}")
    (tmp_path / "link.json").symlink_to(file)
    for again in (
        file,
        tmp_path / "." / "one.json",
        tmp_path / ".." / tmp_path.name / "one.json",
        tmp_path / "link.json",
    ):
        with pytest.raises(InputError, match="given twice"):
            import_files(kind, [file, again], ImportSettings())


# As others may write them.


def test_attributes_of_condor_are_spelled_as_anybody_likes_and_amounts_that_are_none_are_said():
    text = 'MACHINE = "c1"\nMyType = "Machine"\nCPUS = 4\nmemory = quantize(1000, {2})\nDisk = -1\n'
    found = imported("condor", text)
    assert (sizes(found, "core"), sizes(found, "memory")) == ([4], [])
    assert set(dropped(found, "amounts")) == {"Memory", "Disk"}
    with pytest.raises(InputError, match="occurs twice"):
        imported("condor", text + "cpus = 5\n")
    with pytest.raises(InputError, match="occurs twice"):
        imported("condor", [{"Machine": "c1", "Cpus": 4, "CPUs": 5}])


def test_gpus_of_the_slots_of_a_machine_may_be_of_several_models():
    slot = {"Machine": "c1", "MyType": "Machine", "Cpus": 4, "Memory": 2000, "GPUs": 2}
    models = ("A100", "V100", "A100")
    found = imported("condor", [{**slot, "GPUs_DeviceName": model} for model in models])
    assert sizes(found, "gpu") == [4, 2]
    assert sorted(one["model"] for one in vertices(found, "gpu")) == ["A100", "V100"]
    assert any(one.subsystem == "gpu" and "several models" in one.why for one in found.unknown)


def test_a_list_in_a_file_of_kubernetes_is_refused_with_its_place():
    with pytest.raises(InputError, match=r"f0, document: is not a mapping"):
        imported("kubernetes", "- {kind: Node, metadata: {name: n1}}\n")


AMAZON = """"FormatVersion","v1.0"
"Publication Date","2024"
"SKU","TermType","Unit","PricePerUnit","Instance Type","Operating System","Tenancy","CapacityStatus","Pre Installed S/W"
"a","OnDemand","Hrs","0.1000000000","x1.large","Linux","Shared","Used","NA"
"a","OnDemand","Hrs","0.4000000000","x1.large","Windows","Shared","Used","NA"
"a","OnDemand","Hrs","0.2000000000","x1.large","Linux","Dedicated","Used","NA"
"a","OnDemand","Hrs","0.0000000000","x1.large","Linux","Shared","AllocatedCapacityReservation","NA"
"a","OnDemand","Hrs","0.6000000000","x1.large","Linux","Shared","Used","SQL Std"
"a","Reserved","Quantity","300","x1.large","Linux","Shared","Used","NA"
"""


@pytest.mark.parametrize(
    ("table", "left"),
    [
        (AMAZON, 5),
        ("instance_type,price_per_hour\nx1.large,$0.10\n", 0),
        ("\ufeffInstanceType,Price\r\nx1.large,0.1\r\n", 0),
        ("API Name,Linux On Demand cost\nx1.large,$0.1000 hourly\n", 0),
    ],
)
def test_tables_of_prices_as_they_are(table, left):
    types = {"InstanceTypes": [{"InstanceType": "x1.large", "VCpuInfo": {"DefaultVCpus": 2}}]}
    found = imported("aws", types, prices=Given(Path("prices.csv"), table.encode()))
    assert dict(found.clusters[0].state) == {"cost_per_node_hour": 0.1}
    assert len(dropped(found, "prices")) == left


def test_what_amazon_says_of_devices_beyond_model_and_memory_is_said_to_be_left_out():
    one = {
        "InstanceType": "x1.large",
        "GpuInfo": {"Gpus": [{"Count": 0, "LogicalGpuCount": 1, "GpuPartitionSize": 0.125, "Name": "L4"}]},
        "NeuronInfo": {"NeuronDevices": [{"Count": 1, "CoreInfo": {"Count": 2}, "Name": "Inferentia"}]},
    }
    found = imported("aws", {"InstanceTypes": [one]})
    assert sizes(found, "gpu") == [1]
    assert dropped(found, "keys of types") == ["GpuInfo.Gpus.GpuPartitionSize", "NeuronInfo.NeuronDevices.CoreInfo"]
