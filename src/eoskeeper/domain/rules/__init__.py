"""Health rules: one file each, with its limits, its words and the one function that grades."""
