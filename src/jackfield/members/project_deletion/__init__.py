"""Deletion of a project, with all that is in it."""
