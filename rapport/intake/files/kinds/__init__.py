"""One file a kind of load: what its columns are, and what a row becomes."""
