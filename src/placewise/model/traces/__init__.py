"""Traces, and what replays of them are asked and answer."""
