"""Work that takes long and may wait, in a process of its own that yields to everybody else."""
