"""Where a call goes. Pure functions: facts in, a decision out."""
