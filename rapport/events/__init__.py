"""The log: every fact, append-only, once; the catalogue of what kinds of facts there are; reactions that follow it.

It knows customers by number only and gives no fact a meaning.
"""
