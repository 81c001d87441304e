"""How other tools write what fleets, jobs and traces have in common: sizes, limits, lists of hosts, constraints."""
