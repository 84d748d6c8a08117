"""Doing what the person allows, one confirmed action after the other."""
