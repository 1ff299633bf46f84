"""Printed pages and labels."""
