"""A study's report: Tables 5 and 6 with all that a reader needs to judge them, in Markdown, HTML, LaTeX, CSV, JSON."""
