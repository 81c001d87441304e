"""Commands about traces and their replay over virtual time."""
