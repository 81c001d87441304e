"""Traces in and out: recorded jobs with the times at which they were submitted and how long they ran."""
