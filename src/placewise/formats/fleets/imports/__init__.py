"""Clusters from the files of other tools: a module a kind, all listed in `kinds`."""
