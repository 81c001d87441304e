"""Groups of named resources in compspec's documents: what tasks and groups use, and what that asks for."""
