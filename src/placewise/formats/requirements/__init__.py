"""Requirements and wishes in documents: lists of entries, each with what it tests."""
