"""What the jobs of a study ask, and where they succeed: version jobs, records and models alike."""
