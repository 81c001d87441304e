"""The protocols: messages to calls and back, and what every call goes through."""
