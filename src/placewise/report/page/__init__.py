"""The report as HTML pages, with tables, charts and pictures."""
