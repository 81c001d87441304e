"""How a trace is replayed, as a value."""

import pickle
from dataclasses import fields

import pytest

from placewise.model.traces.replay import ReplaySettings


def test_settings_go_to_another_process_whole():
    settings = ReplaySettings("sjf", {"a": "fcfs"}, "cheapest", hold="nodes", fail_after_s=7, retries=2, seed=3)
    sent = pickle.loads(pickle.dumps(settings))
    assert {one.name: getattr(sent, one.name) for one in fields(sent)} == {
        one.name: getattr(settings, one.name) for one in fields(settings)
    }
    with pytest.raises(TypeError):
        sent.policies["a"] = "easy"
