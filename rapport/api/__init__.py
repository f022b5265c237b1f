"""What other programs ask and tell: tokens with scopes, the house's resources over HTTP, errors in one shape, writes safe to repeat.

It decides nothing about customers, facts or segments: it calls the verbs and questions of the rooms below.
"""
