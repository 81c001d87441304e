"""The help of every command: what it says, and how it is laid out."""
