"""Kubernetes: nodes as kubectl prints them, and what NFD says of them."""
