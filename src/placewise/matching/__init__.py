"""Who could run it, ever: a fleet compiled to bitsets, jobs matched against it one by one or in bulk."""
