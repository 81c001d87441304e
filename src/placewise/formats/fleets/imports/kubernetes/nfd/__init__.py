"""Node Feature Discovery: the rules that say what it writes on nodes, applied to their features."""
