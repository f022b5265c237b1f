"""Who is meant: the rule language in its three forms, both evaluators, saved segments and named measures.

Every rule names a set of customers as of a moment. This room sends nothing and stores no customer.
"""
