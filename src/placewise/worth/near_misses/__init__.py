"""What keeps jobs from matching, and the smallest change that would let them."""
