"""Issues: what is wrong with an account, once for each cause, until it works again."""
