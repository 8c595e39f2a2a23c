"""Measurements. Each module prints one table: `python -m bench.relay`."""
