"""What the Makefile runs; standard library only, nothing of it is installed."""
