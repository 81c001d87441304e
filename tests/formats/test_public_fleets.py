"""The public fleets read to the same values as ever: figures of the program before fields had kinds."""

from __future__ import annotations

import hashlib
import json

import pytest

from placewise.formats.fleets.fleet_source import read_fleet

READ = {
    "reliabuild/cluster-features.json": (
        (100, 219, 21900),
        "a7e31cf2b96129c723ef27509e9071d4590ace09d88b9b584c027520ddad0b3d",
    ),
    "reliabuild/clusters": ((2, 219, 438), "dfdb8a52bb7df671b45bd1224c24c248f094f488c0c393f26c2327f822237e4c"),
    "spack-build/cluster-features.json": (
        (100, 3, 300),
        "6b5faaf174749345d696dcdc2c4aafca8cc1161edd15a319e1f07d3b01a90b65",
    ),
    "spack-build/clusters": ((2, 3, 8), "f7c76cfc6e7020c22a0a072e2fc650bd5f7b409fa18f62992666374173a9d4bc"),
}


@pytest.mark.parametrize("path", READ)
def test_the_public_fleets_are_what_they_were(public_data, path):
    fleet = read_fleet(public_data / path)
    vertices = sum(len(subsystem.vertices) for cluster in fleet.clusters for subsystem in cluster.subsystems)
    facts = [
        [
            cluster.name,
            len(cluster.graph.vertices),
            [
                [subsystem.name, [[list(map(list, one.properties)), one.attached_to] for one in subsystem.vertices]]
                for subsystem in cluster.subsystems
            ],
            cluster.state,
        ]
        for cluster in fleet.clusters
    ]
    digest = hashlib.sha256(json.dumps(facts).encode()).hexdigest()
    assert ((len(fleet), len(fleet.subsystem_names), vertices), digest) == READ[path]
    assert fleet.vocabulary.all_complete
