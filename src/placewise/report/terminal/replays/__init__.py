"""What commands print of traces and their replays."""
