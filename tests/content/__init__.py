"""Tests of the shipped content."""
