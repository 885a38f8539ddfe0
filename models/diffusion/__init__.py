"""Diffusion: schedule, objective, samplers and conditioning, on states of any shape; knows nothing of networks."""
