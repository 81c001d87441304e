"""Which kind a field is: built in, or inferred from what is offered; and which values are refused."""
