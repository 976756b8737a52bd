"""Services that wrap the keyring, each by its vendor's own client library."""
