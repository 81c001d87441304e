"""The engines: the replay by its definition, and quicker ways to the same schedule."""
