"""What sentences say of studies: costs, levels, what metadata is worth, and what was held out."""
