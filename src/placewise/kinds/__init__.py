"""What the values of a field are, and what a condition on it means for them."""
