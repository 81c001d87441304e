"""How far the estimated start of each job is from its real one, on a recorded trace, for each queue policy.

    python benchmarks/start_estimates.py DATA/traces/KTH-SP2-1996-2.swf.gz [PROCESSORS]

Each job is asked about when it is submitted: when would it start if nobody else came and all ended at their limits? The
queue is that of the replay at this moment, and the plan that of the replay's own rules. The error is estimate - start.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "replay"))

from random_replays import fleet_of_pools
from swf_columns import strictly_cleaned

from placewise.model.traces.replay import ReplaySettings
from placewise.replays.engines.engine import Engine
from placewise.replays.engines.placing import policy_named
from placewise.replays.inputs.failing import reality_of
from placewise.replays.inputs.jobs import jobs_of
from placewise.replays.inputs.sites import site_of
from placewise.replays.run import replay
from placewise.scheduler import Scheduler

POLICIES = ("fcfs", "sjf", "easy", "easy-sjbf", "conservative")


class Asking:
    """A queue policy that says of each job, before it takes it in, when that would start."""

    def __init__(self, rule, said):
        self.rule, self.said = rule, said

    def look(self, line, now):
        self.rule.look(line, now)

    def submitted(self, line, waiting, now):
        self.said[waiting.attempt] = self.rule.planned_start(line, waiting, now)
        self.rule.submitted(line, waiting, now)

    def ended(self, line, run, now):
        self.rule.ended(line, run, now)

    def planned_start(self, line, waiting, now):
        return self.rule.planned_start(line, waiting, now)


def estimated(trace, fleet, settings):
    """Return the schedule, and the estimated start of each attempt."""
    if settings.policy == "conservative":
        # Its estimate is the reservation that the job is given when it is submitted.
        found = replay(trace, fleet, settings)
        return found, found.reserved_s
    sites = [site_of(cluster, settings.hold) for cluster in fleet.clusters]
    scheduler = Scheduler(fleet, policy_named(settings.place))
    jobs = jobs_of(trace, scheduler, sites)
    engine = Engine(jobs, sites, scheduler, settings, reality_of(jobs, len(sites), settings, None))
    said = {}
    engine.rules = [Asking(rule, said) for rule in engine.rules]
    found = engine.run()
    return found, np.array([said[attempt] for attempt in range(len(found))])


def hours(seconds):
    return f"{seconds / 3600:.2f}"


def main():
    path, processors = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 100
    trace = strictly_cleaned(path, processors)
    print(f"{len(trace):,} jobs of {path.name} on {processors} processors; hours")
    print("| policy | jobs that wait | median wait | median error | p90 of the error's size | upper bounds |")
    print("| --- | --- | --- | --- | --- | --- |")
    for policy in POLICIES:
        found, start = estimated(trace, fleet_of_pools([processors]), ReplaySettings(policy=policy))
        waited = found.start_s > found.submit_s
        error, wait = (start - found.start_s)[waited], (found.start_s - found.submit_s)[waited]
        row = (hours(np.median(wait)), hours(np.median(error)), hours(np.quantile(np.abs(error), 0.9)))
        bound = (start >= found.start_s).mean()
        print(f"| `{policy}` | {waited.mean():.1%} | {' | '.join(row)} | {bound:.1%} |", flush=True)


if __name__ == "__main__":
    main()
