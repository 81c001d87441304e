"""What keeps callers within bounds: who they are, how often they call, how much they may name."""
