"""From what a platform hands out to valid votes: read, judged row by row and vote by vote, every defect listed."""
