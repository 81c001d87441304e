"""What the partitions of a site allow: limits, and how many nodes of one partition a job needs."""
