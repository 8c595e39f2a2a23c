"""One load for any switch, so that switches can be compared: `python -m bench.load ours`."""
