"""Chains of steps across rooms: the only place where a command does more than one thing."""
