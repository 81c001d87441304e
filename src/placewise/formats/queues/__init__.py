"""What runs and what waits at one moment, from what schedulers write and from replays."""
