"""Feature extractors, one file each, and the streaming extraction with its cache."""
