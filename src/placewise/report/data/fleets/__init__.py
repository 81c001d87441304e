"""The numbers and documents of fleets: imports, exports, changes and vocabularies."""
