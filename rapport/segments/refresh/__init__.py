"""Memberships kept alive: what the last refresh left, what has changed since, and the sets made right again without a full scan.

A refresh moves every kept set from one moment and place of the log to the next. `dependence` says what may change a condition's
answer, `changes` who has changed, `kept` holds the sets between two refreshes, `refreshing` is the pass, `days` the history.
"""
