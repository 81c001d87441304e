"""Where a replay is at a moment: what is free and what is planned to be, who waits and runs, and what happens next."""
