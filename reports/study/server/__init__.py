"""A study's own server, for a lab: deals lists of pages to raters and keeps their votes."""

from reports.study.server.running import Bound, serve

__all__ = ["Bound", "serve"]
