"""Many independent pieces of work on any executor, in order, with what is finished kept."""
