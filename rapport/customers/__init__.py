"""Who the customers are: identities and joins, current traits, consent with its proof, suppressed addresses.

The history of all of it is the log; these tables are what the log says now. It owns no orders and sends nothing.
"""
