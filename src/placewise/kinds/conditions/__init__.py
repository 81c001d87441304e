"""Conditions made into tests of values: one module a kind, and what they share."""
