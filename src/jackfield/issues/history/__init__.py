"""The sources of issues: the log of runs, and the states of accounts and tokens."""
