"""What may stand in the YAML file: one module per section."""
