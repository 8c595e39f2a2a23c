"""Other switches, for comparison: set up in a folder of their own, configured, started, ended."""
