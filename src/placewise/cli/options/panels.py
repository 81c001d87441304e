"""The groups under which a command's help lists its options."""

JOBS = "Fleet and jobs"
TRACE = "Trace"
EXPERIMENTS = "Experiments"
SCHEDULING = "Scheduling"
STARTS = "Start times"
FAILURES = "Metadata and failures"
CHANCE = "Chance and intervals"
COSTS = "Costs and capacity, for build records"
WORK = "Processes and engines"
CONNECTION = "Connection to the scheduler"
OUTPUT = "Output"

LAST = (WORK, CONNECTION, OUTPUT)
"""Those that come after a command's own."""

# Those of the commands themselves.
FLEETS = "Fleets and jobs"
STUDIES = "Studies"
TRACES = "Traces over time"
SERVICE = "Service"
INSTALLATION = "This installation"
