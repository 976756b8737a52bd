"""Attacks on the linking of accounts, against this hub and against any other that can be reached."""
