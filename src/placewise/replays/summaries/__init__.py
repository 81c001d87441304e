"""What a schedule comes to: the fate of each job, the numbers of all, their spreads, and intervals over weeks."""
