"""The pages that raters see: sheets for Mechanical Turk and a page of our own, each one file that loads nothing."""

from reports.study.pages.render import survey_page, write_pages

__all__ = ["survey_page", "write_pages"]
