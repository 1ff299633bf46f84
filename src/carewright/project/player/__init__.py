"""What interrupts a day of the made-up practice, what a page would send, what was promised in answer. Pure."""
