"""Jobspecs as a schema, and the schemas of their parts."""
