"""Slurm's outputs: one site written in every shape is one fleet."""

import json
from pathlib import Path

import pytest
import slurm_documents as site_as
from hypothesis import given
from hypothesis import strategies as st

from placewise.errors import InputError
from placewise.formats.fleets.imports.import_settings import ImportSettings
from placewise.formats.fleets.imports.kinds import import_files, import_given, kind_of
from placewise.formats.given import Given
from placewise.formats.notations.slurm_values import Gres, hosts_of, parse_gres
from placewise.matching.deciding import required_job
from placewise.matching.fleet.index import FleetIndex
from placewise.matching.limits.site_limits import with_limits
from placewise.matching.match import match
from placewise.model.jobs.job import Job, ResourceGroup, ResourceRequest
from placewise.model.requirements.requirement import Requirement


def imported(*contents, **asked):
    files = [
        Given(Path(f"f{number}"), (one if isinstance(one, str) else json.dumps(one)).encode())
        for number, one in enumerate(contents)
    ]
    return import_given("slurm", files, ImportSettings(**{"name": "site", **asked}))


def said_by_sinfo(found):
    """The clusters without what sinfo never says of nodes."""
    return [
        (one.graph, [each for each in one.subsystems if each.name not in ("arch", "os", "partition")])
        for one in found.clusters
    ]


@given(site_as.nodes(), st.sampled_from(site_as.VERSIONS), st.data())
def test_every_shape_of_scontrol_is_one_fleet(site, version, data):
    def wrap(number):
        return data.draw(st.sampled_from((site_as.plain, site_as.wrapped)))(number)

    old = imported(site_as.old_json(site)).fleet()
    assert imported(site_as.new_json(site, version, wrap)).fleet() == old
    assert imported(site_as.text(site)).fleet() == old
    assert imported(site_as.text(site, lines=False)).fleet() == old


@given(site_as.nodes(), st.sampled_from(("|", "   ", "\x1f")))
def test_sinfo_says_the_same_of_what_it_says(site, separator):
    whole = imported(site_as.text(site), site_as.partitions_text(site))
    grouped = imported(site_as.grouped(site, site_as.wrapped))
    assert said_by_sinfo(grouped) == said_by_sinfo(whole)
    assert grouped.clusters[0].subsystems == tuple(
        one for one in whole.clusters[0].subsystems if one.name not in ("arch", "os")
    )
    assert said_by_sinfo(imported(site_as.columns(site, separator))) == said_by_sinfo(whole)
    assert kind_of(site_as.columns(site, separator), text=True) == "slurm"


@given(site_as.nodes())
def test_partitions_as_json_and_text_are_equal(site):
    whole = imported(site_as.text(site), site_as.partitions_text(site))
    assert imported(site_as.text(site), site_as.partitions_json(site, site_as.wrapped)).fleet() == whole.fleet()
    assert [one.places for one in whole.dropped if one.what == "partitions"] == [("partition empty",)]
    apart = imported(site_as.text(site), site_as.partitions_text(site), by_partition=True)
    members = site_as.partitions(site)
    assert apart.fleet().names == tuple(f"site-{name}" for name in sorted(members))
    for name, cluster in zip(sorted(members), apart.clusters, strict=True):
        assert [one.id for one in cluster.graph.vertices if one.type == "node"] == sorted(members[name])
        (own,) = (one for one in cluster.subsystems if one.name == "partition")
        assert {dict(one.properties)["name"] for one in own.vertices} == {name}


def test_groups_that_differ_count_with_the_least_and_say_so():
    document = site_as.grouped(
        [
            {
                **dict.fromkeys(("sockets", "threads"), 1),
                "name": "n[1-2]",
                "cores": 8,
                "cpus": 8,
                "memory": 100,
                "disk": 0,
                "gres": "",
                "features": [],
                "state": ("IDLE",),
                "partitions": ["batch"],
            }
        ],
        site_as.plain,
    )
    document["sinfo"][0]["memory"]["maximum"] = 200
    found = imported(document)
    assert [one.places for one in found.dropped if one.what == "numbers of nodes"] == [("sinfo[0], memory",)]
    assert {one.size for one in found.clusters[0].graph.vertices if one.type == "memory"} == {100 << 20}
    text = imported("NODELIST CPUS MEMORY\nn[1-2] 8+ 100+\n")
    assert text.clusters[0].graph == found.clusters[0].graph
    assert {one.places for one in text.dropped if one.what == "numbers of nodes"} == {
        ("line 2, cpus", "line 2, memory")
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("gpu:a100:4(S:0-3)", [("gpu", "a100", 4)]),
        ("gpu:a100:2(S:0,2-3),gpu:a100:1(S:1),nic:1", [("gpu", "a100", 3), ("nic", "", 1)]),
        ("gpu:4,craynetwork", [("craynetwork", "", 1), ("gpu", "", 4)]),
        ("lustre:no_consume:4K", [("lustre", "", 4096)]),
        ("gpu:a100_1g.5gb:7(S:0)", [("gpu", "a100_1g.5gb", 7)]),
        ("(null)", []),
        ("", []),
    ],
)
def test_gres(text, expected):
    assert list(parse_gres(text, "gres")[0]) == [Gres(*one) for one in expected]


@pytest.mark.parametrize("text", ["a:b:c:d", ":4", "gpu::4", "gpu:a100:99999999999999999P"])
def test_gres_that_is_none(text):
    with pytest.raises(InputError):
        parse_gres(text, "gres")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rack[0-1]_blade[08-09],x,y[1,3]", "rack0_blade08 rack0_blade09 rack1_blade08 rack1_blade09 x y1 y3"),
        ("n[1-2]", "n1 n2"),
        ("a[1-2]b[3]c", "a1b3c a2b3c"),
    ],
)
def test_hosts_of_two_ranges(text, expected):
    assert hosts_of(text, "x", 100) == expected.split()


@pytest.mark.parametrize("text", ["a[1-1000]b[1-1000]", "a[1]b[", "a]b[1]c[2]", "a[x]b[1]"])
def test_hosts_that_are_none_or_too_many(text):
    with pytest.raises(InputError):
        hosts_of(text, "x", 10_000)


def node(**said):
    whole = {"name": "n1", "cpus": 64, "sockets": 2, "cores": 16, "threads": 2, "real_memory": 1000, "gres": ""}
    return {"meta": {}, "nodes": [{**whole, "features": [], "state": ["IDLE"], "partitions": [], **said}]}


@pytest.mark.parametrize(
    ("said", "cores"),
    [
        ({}, 32),  # cores is per socket
        ({"effective_cpus": 60}, 30),
        ({"specialized_cores": 2}, 30),
        ({"effective_cpus": 60, "specialized_cores": 2}, 30),
        ({"cpus": 32}, 32),  # a CPU is a core there
        ({"cpus": 16}, 16),
        ({"cores": None}, 64),
    ],
)
def test_cores_are_those_that_jobs_can_have(said, cores):
    found = imported(node(**said))
    assert [one.size for one in found.clusters[0].graph.vertices if one.type == "core"] == [cores]


def answer(found, *requirements, shape=(), **attributes):
    index = FleetIndex(found.fleet())
    job = required_job([Requirement.parse(one) for one in requirements]) if requirements else Job("j")
    job = Job("j", (ResourceGroup(shape, job.requirements),), attributes=tuple(attributes.items()))
    answered = match(index, with_limits(job, index.vocabulary))
    return True if answered else None if answered.unknown else False


def test_what_jobs_are_answered():
    nodes = "NodeName=n1 CPUTot=32 CoresPerSocket=16 Sockets=2 ThreadsPerCore=1 RealMemory=1024 Gres=gpu:a100:4(S:0-1) "
    nodes += "AvailableFeatures=ib,skl State=IDLE+PLANNED Partitions=batch,debug\n"
    nodes += "NodeName=n2 CPUTot=8 RealMemory=1024 Gres=(null) AvailableFeatures=(null) "
    nodes += "State=DOWN* Partitions=batch\n"
    parts = "PartitionName=batch DenyAccounts=out MaxTime=1-00:00:00 Nodes=n[1-2] State=UP\n"
    parts += "PartitionName=debug MaxTime=30 Nodes=n1 State=UP OverSubscribe=EXCLUSIVE\n"
    found = imported(nodes, parts)
    assert answer(found)
    assert answer(found, "gpu{model=a100}", "property{name=skl}", "gres{name=gpu, count>=4}")
    assert answer(found, "property{name=icx}") is False
    assert answer(found, "gres{name=gpu, type=h100}") is False
    assert answer(found, "host{name=n2}") is False  # it is down
    assert answer(found, duration=86400)
    assert answer(found, duration=86401) is False
    assert answer(found, duration=1801, queue="debug") is False
    assert answer(found, account="out", queue="batch") is False
    assert answer(found, account="out")
    core = ResourceRequest
    assert answer(found, shape=(core("node", 1, (core("core", 32), core("gpu", 4), core("memory", 1, unit="GiB"))),))
    assert answer(found, shape=(core("node", 1, (core("core", 33),)),)) is False
    assert answer(found, shape=(core("node", 2),)) is False
    assert answer(imported(nodes), duration=60) is None  # limits are not said
    assert answer(imported(nodes))


def test_a_thousand_equal_nodes_are_one_place_class():
    record = "NodeName=n{} CPUTot=32 RealMemory=1024 Gres=gpu:a100:4 State=IDLE Partitions=batch\n"
    found = imported("".join(record.format(number) for number in range(1000)))
    assert FleetIndex(found.fleet(), names_apart=True).size == 1
    assert FleetIndex(found.fleet()).size == 1000


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "empty"),
        ("hello", "not a Slurm output"),
        ("{}", "not JSON from Slurm"),
        ('{"nodes": 3}', "not a list"),
        ('{"nodes": [{"name": "a"}, {"name": "a", "cpus": -1}]}', "usable"),
        ('{"nodes": [{"name": "a", "cpus": 1}, {"name": "a", "cpus": 2}]}', "described twice"),
        ('{"nodes": [{"name": "a", "cpus": {"set": true, "number": "x"}}]}', "not a number"),
        ('{"nodes": [{"name": "a\\u0007"}]}', "control"),
        ('{"partitions": []}', "describes no nodes"),
        ("NodeName=a[1-99999999] CPUTot=1\n", "too many"),
        ("NodeName=a CPUTot=1 CPUTot=2\n", "occurs twice"),
        ("NODELIST|CPUS\na|1|2\n", "3 columns"),
        ("\x1ea\x1fb\n", "no headings"),
        ("NodeName=a CPUTot=many\n", "not a number"),
    ],
)
def test_what_is_none_is_refused_with_its_place(content, problem):
    with pytest.raises(InputError, match=problem) as error:
        imported(content)
    assert error.value.file == "f0"


def test_the_public_files_lose_nothing(public_data):
    folder = public_data / "fleets" / "slurm"
    sinfo = import_files("slurm", [folder / "sinfo_out.json"], ImportSettings())
    keys = {key for node in json.loads((folder / "sinfo_out.json").read_text())["nodes"] for key in node}
    dropped = {place for one in sinfo.dropped for place in one.places}
    read = (
        "architecture cores cpus features gres name state state_flags operating_system partitions real_memory sockets"
    )
    assert keys == dropped | {*read.split(), "threads", "temporary_disk"}
    assert not any("not known" in one.why for one in sinfo.dropped)
    nodes, parts = folder / "owens_nodes.txt", folder / "owens_partitions.txt"
    owens = import_files("slurm", [nodes, parts], ImportSettings("owens"))
    assert dict(owens.read)["nodes"] == nodes.read_text().count("\x1e")
    assert dict(owens.read)["partitions"] == parts.read_text().count("PartitionName=")
    assert not any("not known" in one.why for one in owens.dropped)
    (none,) = (one for one in owens.dropped if one.what == "partitions")
    assert parts.read_text().count("Nodes=(null)") == none.count


PARTITION_LIMITS = """PartitionName=p AllowQos=high,low AllowGroups=staff MaxNodes=4 MinNodes=2 MaxCPUsPerNode=32
   MaxMemPerCPU=1000 Nodes=n1 State=UP RootOnly=YES ReqResv=YES
"""
TWO_THREADS = "NodeName=n1 CPUTot=64 CoresPerSocket=16 Sockets=2 ThreadsPerCore=2 RealMemory=90000 Partitions=p\n"


def partition_of(found):
    (one,) = [one for one in found.clusters[0].subsystems if one.name == "partition"]
    return [dict(vertex.properties) for vertex in one.vertices]


def test_the_limits_of_a_partition():
    mebi = 1 << 20
    assert partition_of(imported(TWO_THREADS, PARTITION_LIMITS)) == [
        {
            "name": "p",
            "state": "up",
            "qos": ("high", "low"),
            "groups": ("staff",),
            "max_nodes": 4,
            "min_nodes": 2,
            # Of 32 CPUs two are a core, and more memory than they have no node gives.
            "max_cores_per_node": 16,
            "max_memory_per_core": 1000 * mebi,
            "max_memory_per_node": 32 * 1000 * mebi,
            "root_only": True,
            "reservation_only": True,
        }
    ]
    free = "PartitionName=p AllowQos=ALL MaxNodes=UNLIMITED MinNodes=0 MaxCPUsPerNode=UNLIMITED Nodes=n1 State=UP"
    assert partition_of(imported(TWO_THREADS, free + " MaxMemPerNode=UNLIMITED RootOnly=NO\n")) == [
        {"name": "p", "state": "up"}
    ]


@pytest.mark.parametrize("memory", [(1 << 63) + 1000, 1000 - (1 << 63)])
def test_the_limits_of_a_partition_in_older_json(memory):
    document = {"meta": {}, "partitions": [{"name": "p", "nodes": "n1", "maximum_nodes_per_job": 4}]}
    document["partitions"][0] |= {"maximum_memory_per_node": memory, "maximum_cpus_per_node": 0xFFFFFFFF}
    document["partitions"][0] |= {"min nodes per job": 1, "allowed_qos": "high"}
    (found,) = partition_of(imported(TWO_THREADS, document))
    assert (found["max_nodes"], found["min_nodes"], found["qos"]) == (4, 1, ("high",))
    assert found["max_memory_per_core"] == 1000 << 20
    assert "max_cores_per_node" not in found


def partition_of_21_08(**said):
    """As v0.0.37 and v0.0.38 write a partition: flat, with flags beside the state, and -1 for no limit."""
    one = {"name": "p", "nodes": "n1", "state": "UP", "flags": ["default", "hidden"], "preemption_mode": ["disabled"]}
    one |= dict.fromkeys(("allowed_accounts", "denied_accounts", "allowed_groups", "allowed_qos", "denied_qos", "qos"))
    one |= {"maximum_cpus_per_node": -1, "maximum_nodes_per_job": -1, "max_time_limit": -1, "min nodes per job": 1}
    return {"meta": {}, "partitions": [one | {"maximum_memory_per_node": 0, "alternative": None} | said]}


def test_older_json_has_flags_beside_the_state_and_minus_one_for_no_limit():
    found = imported(TWO_THREADS, partition_of_21_08())
    assert partition_of(found) == [{"name": "p", "state": "up", "min_nodes": 1, "time_limit": "unlimited"}]
    assert answer(found, duration=60)
    assert not [one for one in found.dropped if "not known" in one.why]


@pytest.mark.parametrize(("flag", "field"), [("root_only", "root_only"), ("reservation_required", "reservation_only")])
def test_older_json_says_whom_a_partition_keeps_out(flag, field):
    found = imported(TWO_THREADS, partition_of_21_08(flags=["hidden", flag]))
    assert partition_of(found)[0][field] is True
    assert answer(found) is False


@pytest.mark.parametrize("memory", [65534, 65535])
def test_limits_of_memory_that_16_bits_have_other_words_for_are_limits(memory):
    document = {"meta": {}, "partitions": [{"name": "p", "nodes": "n1", "maximum_memory_per_node": memory}]}
    assert partition_of(imported(TWO_THREADS, document))[0]["max_memory_per_node"] == memory << 20


@pytest.mark.parametrize(("shares", "exclusive"), [(0, True), (1, None), (4, None), ((1 << 15) + 4, False)])
def test_json_of_23_02_says_in_shares_how_nodes_are_shared(shares, exclusive):
    document = {
        "meta": {},
        "partitions": [{"name": "p", "nodes": {"configured": "n1"}, "maximums": {"shares": shares}}],
    }
    assert partition_of(imported(TWO_THREADS, document))[0].get("exclusive") is exclusive


def test_what_newer_json_never_says_of_a_partition_is_told_and_another_file_says_it():
    as_json = site_as.partitions_json([{"name": "n1", "partitions": ["long"]}], site_as.wrapped)
    as_text = "PartitionName=long MaxTime=UNLIMITED Nodes=n1 State=UP RootOnly=YES ReqResv=NO OverSubscribe=EXCLUSIVE\n"
    node = TWO_THREADS.replace("Partitions=p", "Partitions=long")

    def untold(found):
        return {place for one in found.dropped if one.what == "limits of partitions" for place in one.places}

    assert untold(imported(node, as_json)) == {"RootOnly", "ReqResv"}
    for documents in ((as_json, as_text), (as_text, as_json)):
        found = imported(node, *documents)
        assert not untold(found)
        assert answer(found) is False


def test_a_state_of_no_words_says_nothing():
    for said in (None, []):
        assert "node" not in [one.name for one in imported(node(state=said)).clusters[0].subsystems]


@pytest.mark.parametrize("missing", ["gres", "features"])
def test_what_no_output_says_of_a_node_is_unknown(missing):
    said = {"gres": ("Gres", "gpu:4"), "features": ("AvailableFeatures", "ib")}
    asked = {"gres": "gres{name=nic}", "features": "property{name=skl}"}
    as_json = node(gres="gpu:4", features="ib", partitions=["p"], state=["IDLE"])
    del as_json["nodes"][0][missing]
    keys = " ".join("=".join(pair) for name, pair in said.items() if name != missing)
    as_text = f"NodeName=n1 CPUTot=4 {keys} State=IDLE Partitions=p\n"
    for document in (as_json, as_text):
        found = imported(document, "PartitionName=p Nodes=n1 MaxTime=UNLIMITED State=UP\n")
        assert answer(found, asked[missing]) is None
        (other,) = asked.keys() - {missing}
        assert answer(found, asked[other]) is False


@pytest.mark.parametrize("minutes", [65534, 65535])
def test_limits_of_time_that_16_bits_have_other_words_for_are_limits(minutes):
    document = {"meta": {}, "partitions": [{"name": "p", "nodes": "n1", "max_time_limit": minutes}]}
    for one in (document, f"PartitionName=p Nodes=n1 MaxTime={minutes}\n"):
        assert partition_of(imported(TWO_THREADS, one)) == [{"name": "p", "time_limit": minutes * 60}]


def test_columns_say_what_jobs_may_take():
    found = imported("NODELIST CPUS PARTITION JOB_SIZE GROUPS ROOT\nn1 4 p 1-2 staff no\nn1 4 q 1-infinite all yes\n")
    p, q = sorted(partition_of(found), key=lambda one: one["name"])
    assert (p["max_nodes"], p["groups"]) == (2, ("staff",))
    assert ("max_nodes" in q, "groups" in q, q["root_only"]) == (False, False, True)


def test_models_that_are_not_there_are_no_and_what_slurm_never_says_is_unknown():
    found = imported(TWO_THREADS.replace("Part", "Gres=gpu:a100:4 Arch=x86_64 Part"), PARTITION_LIMITS)
    wanted = (
        "gpu{model=a100}",
        "gpu{model=h100}",
        "gpu{vendor=amd}",
        "arch{architecture=aarch64}",
        "arch{target=zen2}",
    )
    index = FleetIndex(found.fleet())
    answers = [match(index, required_job([Requirement.parse(one)])) for one in wanted]
    assert [bool(one) for one in answers] == [True, False, False, False, False]
    assert [bool(one.unknown) for one in answers] == [False, False, True, False, True]
    bare = imported(TWO_THREADS.replace("Part", "Gres=gpu:4 Part"), PARTITION_LIMITS).fleet()
    assert match(FleetIndex(bare), required_job([Requirement.parse("gpu{model=h100}")])).unknown == ("site",)


@pytest.mark.parametrize("memory", [65534, 65535])
@pytest.mark.parametrize("written", [site_as.plain, site_as.wrapped, str])
def test_sizes_that_16_bits_have_other_words_for_are_sizes(memory, written):
    found = imported(node(real_memory=written(memory)))
    assert [one.size for one in found.clusters[0].graph.vertices if one.type == "memory"] == [memory << 20]
