"""The sanity study: damage that everybody sees or hears, and which metrics notice it.

`corruptions` says what a corruption is and files them, `picture`, `sound` and `pairing` hold them, `study` measures.
"""
