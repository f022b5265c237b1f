"""Where ids stand among others, and that nobody stands among none."""

import numpy as np

from rapport.lib.rising import places


def test_each_is_where_it_stands_and_who_is_not_there_is_told() -> None:
    among = np.array([2, 5, 9])
    place, known = places(np.array([9, 1, 5, 7, 12]), among)
    assert known.tolist() == [True, False, True, False, False]
    assert among[place[known]].tolist() == [9, 5]
    assert place.max() < len(among), "each may be looked up, known or not"


def test_none_stands_among_none() -> None:
    place, known = places(np.array([3, 4]), np.empty(0, int))
    assert (len(place), known.tolist()) == (2, [False, False])
    assert places(np.empty(0, int), np.array([3]))[1].tolist() == []
