"""Shipped files held against a document: what it lists, and how that differs from what is there."""
