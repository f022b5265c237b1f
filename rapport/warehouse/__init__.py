"""The columnar copy of the log in DuckLake, the loop that fills it, and connections that read it.

All of it is knowledge: `rapport rebuild` makes it again from the log. It records nothing.
"""
