"""What each level of metadata comes to: jobs submitted at a level, their outcomes summed up to scores and costs."""
