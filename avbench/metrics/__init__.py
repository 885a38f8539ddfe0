"""Metrics: pure functions of two feature arrays, one file a family, filed by `avbench.metrics.metric`."""
