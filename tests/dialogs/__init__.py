"""Tests of the package dialogs."""
