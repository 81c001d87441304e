"""How numbers and names are written, what sentences say of them, and the glossary."""
