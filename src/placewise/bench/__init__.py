"""How fast matching is on this machine, beside other ways to match, measured in one run."""
