"""How far the numbers can be trusted: errors over source videos, values for infinite N, and paired comparisons."""
