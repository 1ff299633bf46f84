"""What interrupts the made-up practice on a day, what a page's forms would send, and what was promised in answer. Pure."""
