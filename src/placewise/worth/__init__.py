"""What each piece of metadata is worth, which pieces suffice, and what small change would gain a match."""
