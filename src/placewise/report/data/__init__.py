"""The numbers of every figure and table, each worked out once."""
