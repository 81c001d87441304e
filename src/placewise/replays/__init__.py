"""Virtual time: a trace of jobs runs on a fleet; who waits, for how long, and at what cost."""
