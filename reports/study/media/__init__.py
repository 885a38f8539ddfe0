"""The clips that raters see: one chain for all of them, real or generated, and what they still give away."""
