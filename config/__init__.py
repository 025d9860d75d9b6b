"""Wiring of the reference shop."""
