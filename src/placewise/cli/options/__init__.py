"""Options that several commands share, by kind, so that each has one name, one help text and one default."""
