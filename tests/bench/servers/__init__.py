"""Servers that ours is compared with. Each runs alone, in its own interpreter: `python FILE PORT`."""
