"""Searches in the audit log, as in the log of runs."""
