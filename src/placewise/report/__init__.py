"""What a run found, for people: numbers, words, pictures, the page and tables on a terminal."""
