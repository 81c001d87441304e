"""A fleet compiled for matching: its clusters in order, what they offer, and where each requirement holds."""
