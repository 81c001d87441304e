"""Clusters: resources, subsystems, limits, and what their words mean."""
