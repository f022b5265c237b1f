"""One message to one person: what may leave, how it leaves, and what comes back."""
