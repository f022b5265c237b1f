"""The staff console: its frame, its pages over what lower rooms know. It decides nothing and owns no tables."""
