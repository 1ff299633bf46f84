"""The refill table and what it says of a request, whose turn it is, and the steps. Plain Python."""
