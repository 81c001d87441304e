"""What studies come to."""
