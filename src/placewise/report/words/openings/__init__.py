"""What a report begins with: its answer in one sentence, its main figure, and three numbers."""
