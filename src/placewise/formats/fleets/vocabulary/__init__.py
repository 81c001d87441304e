"""vocabulary.yaml: what the words of a fleet mean."""
