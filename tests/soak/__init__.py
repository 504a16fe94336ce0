"""Campaigns against real server processes: long runs with kills and faults. `make soak`; HELPBOT_SOAK scales them."""
