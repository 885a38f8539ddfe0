"""Sampling: from a run to a folder of clips that is a clip set."""
