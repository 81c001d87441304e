"""What commands print of fleets: imports, changes and vocabularies."""
