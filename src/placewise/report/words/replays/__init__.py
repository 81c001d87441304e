"""What sentences say of replays."""
