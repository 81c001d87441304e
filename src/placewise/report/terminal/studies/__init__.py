"""What commands print of studies: what metadata is worth, how sure that is, and how two runs differ."""
