"""The read-only HTTP port: a page of clusters and jobs, health, and metrics."""

from placewise.service.web.app import make_app
from placewise.service.web.shown import ClusterRow, Event, JobPage, JobRow, Overview, Pages

__all__ = ("ClusterRow", "Event", "JobPage", "JobRow", "Overview", "Pages", "make_app")
