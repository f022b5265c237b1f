"""The practice company: made-up customers with a believable past, played in through the same doors as real ones."""
