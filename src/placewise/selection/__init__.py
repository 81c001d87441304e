"""Which one, now: policies as plain callables over sets of candidates."""
