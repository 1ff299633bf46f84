"""Every component on one page, with the longest names, errors and empty states; in development only."""
