"""What was found, for people: statistics, figures, the page and the lines on the terminal."""
