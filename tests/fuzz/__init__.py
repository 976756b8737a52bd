"""Hostile input for every parser that meets it."""
