"""Reproduction of the paper's tables: what each row is made of, how large it is done, and the commands that do it."""
