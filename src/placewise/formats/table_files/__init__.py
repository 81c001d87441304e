"""Files that hold tables: CSV, Parquet and SQLite."""
