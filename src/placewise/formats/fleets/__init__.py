"""Fleets in and out: cluster features, JGF, rainbow's configuration, prices, what other tools write."""
