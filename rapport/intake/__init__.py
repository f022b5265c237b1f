"""The doors: every fact enters by `intake.actions.receive`, whether by HTTP, file or a room of our own.

It identifies, de-duplicates and records in one transaction, and keeps what it had to refuse where it can be seen.
"""
