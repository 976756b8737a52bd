"""Backups: all that a hub has but its keyring, in one encrypted file."""
