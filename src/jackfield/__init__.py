"""A self-hosted integration hub: link customers' accounts, run their providers' actions."""
