"""What pages show, made from what lower rooms know: pure where they can be, thin adapters where they must ask."""
