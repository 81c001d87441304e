"""The same experiments under other circumstances: jobs drawn again, other fleets, other metadata."""
