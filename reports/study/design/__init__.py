"""Which clips raters see, on which pages, in which order, and who gets which page."""
