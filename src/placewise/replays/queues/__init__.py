"""The queue policies: when which of the waiting jobs starts. One module a policy, plain definitions."""

from __future__ import annotations

from collections.abc import Mapping

from placewise.model.traces.replay import QueuePolicy
from placewise.replays.queues.conservative import Conservative
from placewise.replays.queues.easy import easy, easy_sjbf
from placewise.replays.queues.in_order import fcfs, sjf
from placewise.replays.queues.rule import InOrder, Listed, Rule

RULES: Mapping[QueuePolicy, Rule] = {
    "fcfs": InOrder(fcfs),
    "sjf": Listed(sjf),
    "easy": Listed(easy),
    "easy-sjbf": Listed(easy_sjbf),
    "conservative": Conservative(),
}
