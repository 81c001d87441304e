"""The service's command, and those of its users and clusters."""
