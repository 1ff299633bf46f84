"""Reading protocol files strictly, writing them again, and choosing the ones for a visit. Plain Python."""
