"""What users change themselves, over what the configuration says (features 4.4).

    built-in default ─► defaults: ─► the user's YAML ─► an override in the store

`layers.py` puts them over each other, `settings.py` keeps them, `table.py` shows them. Users
change them by service codes: `service.py` speaks with them, `features.py` says what a code does.
"""
