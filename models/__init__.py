"""Models: what generates. One folder each; a model registers itself in `models.registry`."""
