"""Statistical profiles in and out."""
