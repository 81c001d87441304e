"""Jobs from what people write for other schedulers: a module a kind, all listed in `kinds`."""
