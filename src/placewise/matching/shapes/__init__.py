"""Whether a cluster can host a shape: vertices counted exactly, within a budget of work."""
