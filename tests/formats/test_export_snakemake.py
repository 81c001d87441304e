"""What is exported to Snakemake's Slurm plugin: what the plugin may choose is what matches."""

import random

import pytest
import yaml
from random_slurm_sites import ACCOUNTS, fleet, rule, site, texts
from snakemake_rule_of_choice import may_choose

import placewise as pw
from placewise.errors import InputError
from placewise.formats.fleets.exports.partitions import partitions_of
from placewise.formats.fleets.exports.snakemake import NO_FEATURES, NO_MODELS, snakemake_partitions, snakemake_text
from placewise.formats.jobs.imports.snakemake_rule import job_of_rule
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.resources import ResourceGraph, Subsystem, SubsystemVertex, Vertex
from placewise.model.fleets.vocabulary import Vocabulary


def exported(found, **asked):
    """The partitions of the file, by name; read back from its text."""
    partitions, _ = partitions_of(found, **asked)
    written, _ = snakemake_partitions(partitions)
    limits = yaml.safe_load(snakemake_text(written))["partitions"]
    assert limits == {one.partition.name: one.limits for one in written}
    return {one.partition.name: one for one in written}


def matching(found, threads, resources):
    """The partitions that match a rule, of a fleet with a cluster a partition."""
    job = job_of_rule("rule", threads, resources).job
    return {name.removeprefix("s-") for name in pw.match(found, job).names}


def holds(draw, folder, tally, *, uniform):
    """The laws: what the plugin may choose matches, and what matches it may choose where one kind of node can do all."""
    nodes, partitions = site(draw, uniform=uniform)
    shown = texts(nodes, partitions, limits=draw.random() < 0.85)
    account = draw.choice(("", *ACCOUNTS)) if len(shown) > 1 else ""
    apart = fleet(shown, by_partition=True, folder=folder)
    try:
        found = exported(apart, account=account)
    except InputError:
        return
    together = exported(fleet(shown, by_partition=False, folder=folder), account=account)
    assert {name: one.limits for name, one in together.items()} == {name: one.limits for name, one in found.items()}
    for _ in range(5):
        threads, resources = rule(draw)
        asked = {**resources, "slurm_account": account} if account else resources
        matched = matching(apart, threads, asked)
        able = {name for name, one in found.items() if may_choose(one.limits, threads, resources)}
        # A partition for some accounts alone is nobody's who names none.
        open_ones = {name for name, one in found.items() if account or not one.partition.accounts}
        assert able & open_ones <= matched
        whole = {
            name for name, one in found.items() if one.whole and ("nodes" not in resources or one.nodes == one.total)
        }
        assert not (matched & whole & open_ones) - able
        tally["rules"] += 1
        tally["chosen"] += bool(able)
        tally["none"] += not able
        tally["equal"] += able & open_ones == matched & open_ones
    assert all(one.whole for one in found.values()) or not uniform or any("v100:2" in one["gres"] for one in nodes)


@pytest.mark.parametrize("uniform", [True, False])
def test_what_the_plugin_may_choose_is_what_matches(uniform, tmp_path):
    draw, tally = random.Random(uniform), dict.fromkeys(("rules", "chosen", "none", "equal"), 0)
    for _ in range(40):
        holds(draw, tmp_path, tally, uniform=uniform)
    assert tally["chosen"] > 20
    assert tally["none"] > 20


@pytest.mark.slow
@pytest.mark.parametrize("uniform", [True, False])
def test_of_a_thousand_sites_what_the_plugin_may_choose_is_what_matches(uniform, tmp_path):
    draw, tally = random.Random(f"long {uniform}"), dict.fromkeys(("rules", "chosen", "none", "equal"), 0)
    for _ in range(1000):
        holds(draw, tmp_path, tally, uniform=uniform)
    print(tally)
    assert min(tally["chosen"], tally["none"]) > 1000
