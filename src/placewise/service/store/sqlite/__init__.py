"""The files of a SQLite database: opened, watched, checked and copied."""
