"""Channels: how activities come in from a platform and go out to it."""
