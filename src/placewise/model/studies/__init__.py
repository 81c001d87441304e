"""Studies: how they are run, and the profiles that their inputs are drawn from."""
