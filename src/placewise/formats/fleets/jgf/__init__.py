"""Clusters in JSON Graph Format."""
