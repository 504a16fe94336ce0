"""Tests of the rules of the house."""
