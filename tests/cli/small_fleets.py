"""Small fleets and jobs, written as files."""

from __future__ import annotations

import json

import yaml


def written_fleet(folder, vocabulary=None, **clusters):
    """Write folders of JGF; of each cluster the vertices of each subsystem, all on one node."""
    for name, subsystems in clusters.items():
        place = folder / name
        place.mkdir(parents=True)
        contains = [{"source": "0", "target": "1", "relation": "contains"}]
        nodes = {"0": {"metadata": {"type": "cluster"}}, "1": {"metadata": {"type": "node"}}}
        graph = {"name": name, "graph": {"directed": True, "nodes": nodes, "edges": contains}}
        (place / "nodes.json").write_text(json.dumps(graph))
        for subsystem, vertices in subsystems.items():
            nodes = {f"{subsystem}{i}": {"metadata": one} for i, one in enumerate(vertices)}
            edges = [{"source": "1", "target": vertex, "relation": "contains"} for vertex in nodes]
            document = {"graph": {"directed": True, "nodes": nodes, "edges": edges}}
            (place / f"{subsystem}-subsystem.json").write_text(json.dumps(document))
    if vocabulary is not None:
        folder.mkdir(exist_ok=True)
        (folder / "vocabulary.yaml").write_text(vocabulary)
    return folder


def written_features(folder, vocabulary=None, **clusters):
    """Write a cluster-features.json of versions by package."""
    folder.mkdir(exist_ok=True)
    (folder / "cluster-features.json").write_text(json.dumps(clusters))
    if vocabulary is not None:
        (folder / "vocabulary.yaml").write_text(vocabulary)
    return folder


def written_job(path, *entries):
    """Write a nextgen jobspec; each entry is a mapping, or the text of one as YAML has it."""
    requires = [yaml.safe_load(one) if isinstance(one, str) else one for one in entries]
    document = {"version": 1, "resources": {"default": {"requires": requires}}, "task": {"command": ["app"]}}
    path.write_text(json.dumps(document))
    return path


def written_text(path, requires):
    """Write a nextgen jobspec whose requirements are a text of YAML as it stands."""
    path.write_text(f"version: 1\nresources: {{default: {{requires: [{requires}]}}}}\ntask: {{command: [app]}}\n")
    return path
