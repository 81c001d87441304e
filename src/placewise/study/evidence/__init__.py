"""What records with outcomes show: the records, what predicts success, rules against outcomes, the choice."""
