"""Silos: schemes that place each customer in exactly one of their silos, and the reviews in which people decide on them."""
