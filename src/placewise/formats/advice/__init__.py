"""What people write down before they submit."""
