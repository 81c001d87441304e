"""Pictures that compare levels of metadata."""
