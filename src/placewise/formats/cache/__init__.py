"""Parsed inputs kept in the cache folder of a user."""
