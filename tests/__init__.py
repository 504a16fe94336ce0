"""Tests of the two packages, laid out as they are."""
