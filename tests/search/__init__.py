"""Tests of the compiled library and of finding in it."""
