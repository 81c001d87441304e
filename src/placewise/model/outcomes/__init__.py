"""Records of success and failure, what was learned from them, and what they show."""
