"""The command line: one thin module per command that parses, calls and prints."""
