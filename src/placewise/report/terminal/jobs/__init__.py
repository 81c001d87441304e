"""What commands print of jobs: where they match, why not elsewhere, and what would change that."""
