"""Commands that run studies and read their results: simulate, value, minimal, compare, outcomes and the like."""
