"""Ablations: one thing varied, the rest held, as points of curves that are made like rows of a table."""
