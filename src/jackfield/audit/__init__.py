"""The audit log: who did what, in chains of records that cannot be bent unnoticed."""
