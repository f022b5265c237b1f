"""One message to one person: what may leave and why not, how it leaves, and what comes back as facts.

It owns templates, mailings, the row per person and occasion, signed links. Who is written to is its callers' choice."""
