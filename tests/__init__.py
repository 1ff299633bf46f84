"""The root of the shared test fixtures, so that `tests.…` always means this folder."""
