"""What outlives the process: bindings, call records, traces, secrets.

`store.py` says what can be kept, `sqlite.py` keeps it in a file, `migrations/` is how the file
comes to its present shape.
"""

DATABASE_NAME = "softswitch.db"
"""Of the file in the state folder."""
