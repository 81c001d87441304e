"""The scheduler served over gRPC: server, store and client."""
