"""The verbs of trade, one file a noun."""
