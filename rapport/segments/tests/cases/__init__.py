"""Cases worked out by hand: small worlds of customers, questions, and who is meant by each.

No evaluator was asked for an expected name. A world is messages of the Segment spec, so that either evaluator can be fed
through the door. `book.py` gathers them.
"""
