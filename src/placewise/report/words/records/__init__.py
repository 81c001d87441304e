"""What sentences say of records with outcomes and of runtime models fitted to records."""
