"""What shells are offered and help names as policies is what is taken there."""

from __future__ import annotations

import json
import re
from functools import cache

import numpy as np
import pytest
import typer

from placewise import plugins
from placewise.advice.choosing import in_order
from placewise.cli import app
from placewise.errors import InputError
from placewise.formats.experiment_folder import write_experiment
from placewise.formats.fleets.jgf.clusters import write_cluster
from placewise.formats.profiles.profile_file import shipped_profile
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.resources import ResourceGraph, Vertex, package_subsystem
from placewise.model.jobs.job import Job, ResourceGroup
from placewise.model.requirements.requirement import Requirement
from placewise.model.traces.queue_policies import QUEUE_POLICIES
from placewise.scheduler import Scheduler
from placewise.selection.offered import CONSTRAINT, NEEDS
from placewise.service.calls.choosing import policy_of
from placewise.study.sources import draw

HISTORY = """JobIDRaw|Partition|Submit|Start|End|ElapsedRaw|TimelimitRaw|AllocCPUS|State
1|hill|2026-03-01T10:00:00|2026-03-01T10:01:00|2026-03-01T11:01:00|3600|120|8|COMPLETED
2|hill|2026-03-01T10:00:00|2026-03-01T10:01:00|Unknown|3600|120|8|RUNNING
"""
OPTIONS = {
    ("simulate", "--select"),
    ("simulate", "--choose"),
    ("replay", "--queue-policy"),
    ("replay", "--select"),
    ("explain", "--queue-policy"),
    ("check", "--queue-policy"),
    ("place", "--select"),
    ("advise", "--queue-policy"),
    ("advise", "--select"),
    ("nominate", "--select"),
    ("submit", "--select"),
    ("serve", "--select"),
}
OF_SERVICE = {("submit", "--select"), ("serve", "--select")}
OF_API_SERVER = {("nominate", "--select")}
NAMED = re.compile(r"[a-z]+(?:-[a-z]+)*")


@cache
def options():
    """Every option of a command that takes a policy, by command and name."""
    command = typer.main.get_command(app)
    found = {}
    for name, one in command.commands.items():
        for option in one.params:
            text = option.opts[0]  # the others are old spellings
            if text in ("--queue-policy", "--select", "--choose"):
                found[name, text] = one, option
    return found


def offered(command, name):
    one, option = options()[command, name]
    return [item.value for item in option.shell_complete(typer.Context(one), "")]


@pytest.fixture
def history(tmp_path):
    path = tmp_path / "history.txt"
    path.write_text(HISTORY)
    return path


def test_every_option_is_looked_at():
    assert set(options()) == OPTIONS


@pytest.mark.parametrize(("command", "name"), sorted(OPTIONS))
def test_help_names_what_shells_are_offered(command, name):
    policies = {*NEEDS, *QUEUE_POLICIES, CONSTRAINT}
    named = [word for word in NAMED.findall(options()[command, name][1].help) if word in policies]
    assert set(named) == set(offered(command, name)) & policies
    assert offered(command, name)


def test_every_built_in_policy_says_what_it_needs():
    assert set(plugins.names("policies")) == set(NEEDS)


@pytest.fixture(scope="module")
def builds(tmp_path_factory):
    folder = tmp_path_factory.mktemp("builds") / "experiment"
    drawn = draw(shipped_profile("spack-build"), 3, 40, 4)
    write_experiment(drawn.fleet, drawn.jobs, folder)
    return folder


@pytest.fixture
def fleet(tmp_path):
    """A cluster of 16 cores, with a price."""
    folder = tmp_path / "clusters"
    write_cluster(
        Cluster(
            "hill",
            ResourceGraph((Vertex("0", "cluster"), *(Vertex(str(1 + core), "core", 0) for core in range(16)))),
            (package_subsystem("gcc", "12"),),
            (("cost_per_node_hour", 1.0),),
        ),
        folder / "hill",
    )
    return folder


@pytest.fixture
def workload(placewise, tmp_path):
    folder = tmp_path / "drawn"
    placewise("generate", "--streamed", "--jobs", 20, "--clusters", 3, "--out", folder)
    return folder


def test_what_is_offered_is_taken_and_the_rest_is_refused(placewise, builds, fleet, history, workload, tmp_path):
    study = (
        *("simulate", builds, "--no-plots", "--orders", 0, "--fleets", 0, "--resamples", 0, "--no-values", "--force"),
        *("--out", tmp_path / "out", "--experiments"),
    )
    expected = tmp_path / "expectations.yaml"
    expected.write_text("jobs:\n- require: gcc\n  matches: [hill]\n")
    a_replay = ("replay", history, "--fleet", fleet, "--resamples", 0)
    calls = {
        ("simulate", "--select"): (*study, "all"),
        ("simulate", "--choose"): (*study, "constraint-with-replacement"),
        ("replay", "--queue-policy"): a_replay,
        ("replay", "--select"): a_replay,
        ("explain", "--queue-policy"): (
            *("explain", "--require", "gcc", "--processors", 1, "--limit", "1h", "--fleet", fleet),
            *("--queue", history),
        ),
        ("check", "--queue-policy"): (
            *("check", expected, "--processors", 1, "--limit", "1h", "--fleet", fleet, "--queue", history),
        ),
        ("place", "--select"): (
            *("place", workload / "workload.parquet", "--fleet", workload, "--prices", workload / "prices.json"),
            *("--force", "--out", tmp_path / "placed.parquet"),
        ),
    }
    calls |= {("advise", name): ("advise", history, "--fleet", fleet) for name in ("--queue-policy", "--select")}
    assert OPTIONS - set(calls) == OF_SERVICE | OF_API_SERVER
    for (command, name), call in calls.items():
        taken = offered(command, name)
        refused = placewise(*call, name, "nope")
        assert refused.code == 2, (command, name, refused.err)
        listed = {
            word for word in NAMED.findall(refused.err.partition("expected")[2]) if word in {*NEEDS, *QUEUE_POLICIES}
        }
        assert listed == set(taken), (command, name, refused.err)
        for policy in (*taken, *sorted({*NEEDS, "fcfs"} - set(taken))):
            ran = placewise(*call, name, policy)
            assert ran.code == (0 if policy in taken else 2), (command, name, policy, ran.err)


@pytest.mark.parametrize("policy", sorted({*NEEDS, CONSTRAINT}))
def test_a_service_takes_what_its_commands_offer(policy):
    """As it places one job, with what it knows of clusters that say their price."""
    taken = {policy in offered(*one) for one in OF_SERVICE}
    values = {"cost_per_node_hour": np.ones(1), "predicted_cost": np.ones(1)}
    fleet = Fleet((Cluster("hill", ResourceGraph((Vertex("0", "cluster"),)), (package_subsystem("gcc", "12"),), ()),))
    job = Job("asked", (ResourceGroup((), (Requirement.parse("gcc"),)),))
    steps = [{"sort_ascending": "cost_per_node_hour"}, {"select": "first"}]
    options = {"priorities": json.dumps([{"priority": 1, "steps": steps}])}
    try:
        chosen = Scheduler(fleet).place(job, draw=0.0, policy=policy_of(policy, options), values=values).chosen
    except InputError:
        chosen = None
    assert taken == {chosen == "hill"}


@pytest.mark.parametrize("policy", sorted({*NEEDS, CONSTRAINT}))
def test_clusters_are_nominated_by_the_policies_that_the_command_offers(policy):
    graph, gcc = ResourceGraph((Vertex("0", "cluster"),)), (package_subsystem("gcc", "12"),)
    fleet = Fleet((Cluster("hill", graph, gcc, (("cost_per_node_hour", 1.0),)),))
    job = Job("asked", (ResourceGroup((), (Requirement.parse("gcc"),)),))
    try:
        found = in_order(Scheduler(fleet), job, policy)
    except InputError:
        found = ()
    (option,) = OF_API_SERVER
    assert (policy in offered(*option)) == (found == ("hill",))
