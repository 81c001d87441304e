"""Versions, their order, and ranges of them."""
