"""What can be asked of the service, whatever the protocol."""
