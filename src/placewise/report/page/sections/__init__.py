"""The sections of report pages, and their tables."""
