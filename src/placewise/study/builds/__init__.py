"""The experiments on build records: levels of metadata, outcome rules as data, cost, capacity."""
