"""The benchmark: `python -m tests.bench` (make bench)."""
