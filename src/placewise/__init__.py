"""Placewise decides where jobs can run, and measures what a scheduler has to know to decide it well."""

__version__ = "0.1.0"
