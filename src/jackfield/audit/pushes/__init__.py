"""Pushes of the audit log to where it is kept apart from the hub: each with its own checkpoint."""
