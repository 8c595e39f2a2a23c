"""Ways to get packets in and out of the kernel, behind one interface."""
