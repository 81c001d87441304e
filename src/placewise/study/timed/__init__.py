"""Replays side by side: policies, fleets and levels of metadata on one trace, and what metadata is worth in time."""
