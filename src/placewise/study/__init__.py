"""Studies: jobs submitted at every level of metadata, scored, varied and compared."""
