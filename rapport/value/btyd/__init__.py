"""Buy till you die: how often customers come back, from when they came, and for how much. Symbols are those of the papers."""
