"""How likely a job succeeds: learned from records of success and failure, judged on records held out."""
