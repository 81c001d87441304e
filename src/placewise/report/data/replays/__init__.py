"""The numbers of traces and their replays."""
