"""A dispatcher of Kueue's MultiKueue, which sends workloads to clusters that match. Its libraries are an extra."""
