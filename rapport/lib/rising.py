"""Ids in rising order: where others stand among them."""

import numpy as np


def places(wanted: np.ndarray, among: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where each of these stands among others that rise, and whether it stands there at all; of the shape of `wanted`."""
    if not len(among):
        return np.zeros(len(wanted), int), np.zeros(len(wanted), bool)
    place = np.minimum(np.searchsorted(among, wanted), len(among) - 1)
    return place, among[place] == wanted
