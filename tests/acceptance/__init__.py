"""Goals in their full size: each module is a command that says what it found, and fails by it."""
