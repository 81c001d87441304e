"""Results in and out: the files of a results folder."""
