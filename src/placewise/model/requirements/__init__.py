"""What a job requires and prefers: expressions over tests of vertices."""
