"""What other tools read of a fleet."""
