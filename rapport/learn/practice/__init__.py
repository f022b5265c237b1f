"""The made-up past of the practice company: a simulation that tells, in time order, what its shop and its airline would have told."""
