"""Asking people: MOS and Turing studies, from clip sets to task sheets, answers and tables."""
