"""What exists: versions, requirements, resources, clusters and jobs, as frozen values without I/O."""
