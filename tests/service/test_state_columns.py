"""Of the clusters' states a policy is given what it reads, and nothing else is built."""

import json

import pytest
from running import running_server
from talking import jobspec, refused, talking

from placewise.service.live.live_fleet import LiveFleet


@pytest.fixture
def built(monkeypatch):
    fields = []
    real = LiveFleet._built
    monkeypatch.setattr(LiveFleet, "_built", lambda self, name: fields.append(name) or real(self, name))
    return fields


def test_only_the_columns_that_a_policy_names_are_built_and_each_once(tmp_path, built):
    with running_server(tmp_path / "p.db", select_algorithm="first") as server, talking(server) as talk:
        for number in range(3):
            own = {f"own{number}-{field}": field for field in range(200)}
            talk.register(f"c{number}", state=json.dumps({"cost_per_node_hour": 3 - number, **own}))
        talk.submit()
        assert built == []
        for _ in range(2):
            assert talk.submit(select_algorithm="cheapest").cluster == "c2"
        assert set(built) == {"predicted_cost", "cost_per_node_hour"}
        assert len(built) == 2
        steps = [{"filter": "cost_per_node_hour > mine"}, {"select": "first"}]
        options = {"priorities": json.dumps([{"priority": 1, "steps": steps}])}
        spec = jobspec(attributes={"parameter": {"mine": 2}})
        done = talk.submit(spec, select_algorithm="constraint", select_options=options)
        assert done.cluster == "c0"
        assert not any(one.startswith("own") for one in built)
        # What is not there is refused, with some of what is.
        options["priorities"] = options["priorities"].replace("cost_per_node_hour", "cost_per_node_hou")
        _, details = refused(lambda: talk.submit(spec, select_algorithm="constraint", select_options=options))
        assert "cost_per_node_hour" in details
        assert len(built) < 60
