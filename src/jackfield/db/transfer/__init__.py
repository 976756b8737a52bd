"""Transfers of all rows of a hub from one database to another."""
