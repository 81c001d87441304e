"""What a trace says of its clusters: their nodes, what they have, and the fleet that they make."""
