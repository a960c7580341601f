"""A small language model on this machine, for trying things out: `make run AI=local`."""
