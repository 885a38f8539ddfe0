"""Downloads of single videos: one attempt at a time, with every refusal classified, and the order of attempts."""
