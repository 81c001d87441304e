"""What sentences say of fleets: imports and changes."""
