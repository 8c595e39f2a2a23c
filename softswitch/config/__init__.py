"""The YAML file: read with positions, checked by schema, every mistake shown at once."""
