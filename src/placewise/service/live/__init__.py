"""The running service less its sockets: the live fleet, what is shared by all calls, and what goes on by itself."""
