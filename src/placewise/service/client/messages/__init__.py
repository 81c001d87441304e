"""What a client sends and receives: values in Python, and the texts and messages that carry them."""
