"""Clouds: types of instances, and what an hour of each costs."""
