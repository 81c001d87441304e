"""Sets of places as bits, and the inner loops over many of them."""
