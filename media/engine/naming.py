"""The names of the backends, as the configuration and signalling know them."""

AUTO, IO_URING, EPOLL = "auto", "io_uring", "epoll"
"""`AUTO` is io_uring where this machine has it for us, else epoll, which works everywhere."""
