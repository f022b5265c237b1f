"""The pages, one file a room of them. Each parses, calls one verb or question, and answers."""
