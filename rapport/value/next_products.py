"""What a customer might need next, from what others bought who bought the same: item-item statistics, a few sparse products in all.

How much one product speaks for another is a cosine in which a buyer of many products says less of each (inverse user frequency: Breese,
Heckerman and Kadie 1998) and the two are damped unequally (Aiolli 2013), times how the one spoken for sells of late.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sparse

from rapport.lib.rising import places

NEIGHBOURS = 100  # products that speak for a product
HEARD_MAX = 500  # of a customer's products only those bought last speak
SPEAKER_POWER, SPOKEN_POWER = 0.4, 0.3  # of the buyers of the two; both are a half in a cosine
RARE = 20  # buyers: a product's own figures weigh as much as the shop's where it has so many
SPEAKS_HALF_LIFE_DAYS, SELLS_HALF_LIFE_DAYS = 180.0, 21.0
AGAIN_MIN, AGAIN_TO_CHANCE_MIN = 0.10, 0.5  # of a repeat good; what is in every basket has as much by chance, so not above 1
AGAIN_WEIGHT = 4.0  # a customer's own habit against what other products say
WAIT = 0.25  # of the usual gap: a repeat good is not shown again sooner
POPULAR, FAINT = 200, 1e-6  # best sellers that fill what is left, and the score of the first of them
NEVER = -1e6  # the score of what must not be shown

PRODUCT_BITS, SCORE_BITS = 20, 31  # a row, a product and a score are sorted as one number
ROWS_MAX, WORK_MAX = 2**12, 2**22  # rows and multiplications at a time


@dataclass(frozen=True)
class Bought:
    """Pairs of a customer and a product, and the days of each; however often in a day, it counts once."""

    products: int  # their codes lie below
    ids: np.ndarray  # (customers,), rising
    start: np.ndarray  # (customers + 1,): where the pairs of each begin, and the last end
    whose: np.ndarray  # (pairs,): the place of the customer
    product: np.ndarray  # (pairs,), rising within a customer
    last: np.ndarray  # (pairs,): when it was last bought
    is_heard: np.ndarray  # (pairs,): among the HEARD_MAX its customer bought last
    begin: np.ndarray  # (pairs + 1,): where the days of each begin, and the last end
    day: np.ndarray  # (days of pairs,): days since 1970-01-01, rising within a pair
    visits: np.ndarray  # (customers,): days with a purchase
    newest: np.ndarray  # (customers,): the last of them
    gap: np.ndarray  # (customers,): mean days from one to the next, inf where there is one only

    @classmethod
    def of(cls, customer: np.ndarray, day: np.ndarray, product: np.ndarray, products: int) -> "Bought":
        """From lines in any order, each of shape (lines,), without what was given back."""
        customer, day, product = (np.asarray(one, np.int64) for one in (customer, day, product))
        _check(customer, day, product, products)
        ids, whose = np.unique(customer, return_inverse=True)
        low, span = (int(day.min()), int(np.ptp(day)) + 1) if len(day) else (0, 1)
        pair, since = np.divmod(np.unique((whose * products + product) * span + day - low), span)
        begin = np.flatnonzero(np.diff(pair, prepend=-1))
        start = np.searchsorted(pair[begin], np.arange(len(ids) + 1) * products)
        visit = np.unique(whose * span + day - low)
        edge = np.searchsorted(visit, np.arange(len(ids) + 1) * span)
        visits, first, newest = np.diff(edge), visit[edge[:-1]] % span + low, visit[edge[1:] - 1] % span + low
        gap = np.divide(newest - first, visits - 1, out=np.full(len(ids), np.inf), where=visits > 1)
        (owner, bought), day, begin = np.divmod(pair[begin], max(products, 1)), since + low, np.append(begin, len(pair))
        last, is_heard = day[begin[1:] - 1], np.empty(len(owner), bool)
        is_heard[np.lexsort((-last, owner))] = np.arange(len(owner)) - start[owner] < HEARD_MAX
        return cls(products, ids, start, owner, bought, last, is_heard, begin, day, visits, newest, gap)


@dataclass(frozen=True)
class Recommended:
    """The best products of each customer, best first; of shape (customers, shown). Scores compare within a customer."""

    product: np.ndarray  # -1 where there is no more to show
    score: np.ndarray
    because: np.ndarray  # the bought product that spoke most for it; itself, if it is to be bought again; -1: it only sells well
    has_history: np.ndarray  # (customers,): without, all that is shown only sells well


@dataclass(frozen=True)
class ItemItem:
    """What each product says of the others, and whether it is bought again; arrays of (products,)."""

    speaks: sparse.csr_matrix  # (products, products): how much the row speaks for the column, of which at most NEIGHBOURS do
    trend: np.ndarray  # sales of late a buyer, against the shop's 1
    popular: np.ndarray  # sales of late: a purchase is worth half after SELLS_HALF_LIFE_DAYS
    again: np.ndarray  # of its buyers who came back on a later day, the share who bought it again
    again_by_chance: np.ndarray  # ... who would have, were it as likely in their later baskets as in any
    gap_days: np.ndarray  # median days from one purchase of it by a customer to the next

    @classmethod
    def of(cls, bought: Bought, neighbours: int = NEIGHBOURS) -> "ItemItem":
        product, age = np.repeat(bought.product, np.diff(bought.begin)), bought.day.max(initial=0) - bought.day
        popular = np.bincount(product, 0.5 ** (age / SELLS_HALF_LIFE_DAYS), bought.products)
        buyers = np.bincount(bought.product, minlength=bought.products)
        trend = (popular * (buyers.sum() / (popular.sum() or 1)) + RARE) / (buyers + RARE)
        return cls(_speaks(bought, trend, neighbours), trend, popular, *_again(bought), _gaps(bought))

    @property
    def is_repeat_good(self) -> np.ndarray:
        return (self.again >= AGAIN_MIN) & (self.again >= AGAIN_TO_CHANCE_MIN * self.again_by_chance)

    def recommended(
        self, bought: Bought, who: np.ndarray, *, day: int | np.ndarray, shown: int = 10, with_repeats: bool = True
    ) -> Recommended:
        """For these customers, as of one day or of a day each. What they bought is shown again only if it is a repeat good, and due."""
        if bought.products != len(self.trend):
            raise ValueError(f"learned of {len(self.trend)} products, asked of {bought.products}")
        who, shape, days = np.asarray(who, np.int64), (len(who), shown), np.broadcast_to(day, len(who))
        place, known = places(who, bought.ids)
        found = Recommended(np.full(shape, -1), np.zeros(shape, np.float32), np.full(shape, -1), known)
        first, size = bought.start[place], np.where(known, np.append(np.diff(bought.start), 0)[place], 0)
        work = np.append(0, np.cumsum(np.diff(self.speaks.indptr)[bought.product] + 1))
        faint = (self.popular * (FAINT / (self.popular.max(initial=0) or 1))).astype(np.float32)
        faint[np.argsort(-faint, kind="stable")[POPULAR:]] = 0
        matrix = sparse.vstack([self.speaks, sparse.identity(len(faint), np.float32), sparse.csr_matrix(faint[None])], "csr")
        for few in _blocks(work[first + size] - work[first] + POPULAR):
            pairs = _Pairs.of(bought, place[few], first[few], size[few], days[few])
            row, rank, product, score = _best(self._signals(pairs, few.stop - few.start, with_repeats) @ matrix, shown)
            found.product[few][row, rank], found.score[few][row, rank] = product, score
            found.because[few][row, rank] = self._because(pairs, row, product, size[few])
        return found

    def _signals(self, pairs: "_Pairs", customers: int, with_repeats: bool) -> sparse.csr_matrix:
        """A row a customer: the voice of each product bought, then its own score, then 1 for the best sellers."""
        product, end = pairs.product, 2 * len(self.trend)
        due = with_repeats & self.is_repeat_good[product] & (pairs.age >= WAIT * np.minimum(self.gap_days[product], pairs.gap))
        own = np.where(due, AGAIN_WEIGHT * self.again[product] * self.trend[product] * pairs.share, NEVER)
        rows = np.concatenate([pairs.row, pairs.row, np.arange(customers)])
        columns = np.concatenate([product, product + len(self.trend), np.full(customers, end)])
        values = np.concatenate([pairs.voice, own, np.ones(customers)]).astype(np.float32)
        return sparse.csr_matrix((values, (rows, columns)), shape=(customers, end + 1))

    def _because(self, pairs: "_Pairs", row: np.ndarray, product: np.ndarray, size: np.ndarray) -> np.ndarray:
        """Of each product shown to a row the loudest of what its customer bought; of equals the lower code."""
        size, because = size[row], np.full(len(row), -1)
        if not size.any():
            return because
        one, of = _spread(np.searchsorted(pairs.row, row), size)
        speaker, spoken = pairs.product[one], product[of]
        loud = np.asarray(self.speaks[speaker, spoken], float).ravel() * pairs.voice[one]
        loud[speaker == spoken] = np.inf
        loudest = np.maximum.reduceat(loud, np.flatnonzero(np.diff(of, prepend=-1)))
        best = np.flatnonzero((loud > 0) & (loud == np.repeat(loudest, size[size > 0])))[::-1]
        because[of[best]] = speaker[best]  # the first of equals is written last
        return because


def recall_at(recommended: Recommended, who: np.ndarray, held_customer: np.ndarray, held_product: np.ndarray) -> float:
    """Mean of hits / min(shown, products held out) over the customers who have some; these are among `who`, which rises."""
    row, shown = np.searchsorted(who, held_customer) << PRODUCT_BITS, recommended.product
    held = np.unique(row | np.asarray(held_product, np.int64))
    size = np.bincount(held >> PRODUCT_BITS, minlength=len(who))
    hits = (np.isin((np.arange(len(who))[:, None] << PRODUCT_BITS) + shown, held) & (shown >= 0)).sum(axis=1)[size > 0]
    return float(np.mean(hits / np.minimum(shown.shape[1], size[size > 0]))) if len(hits) else float("nan")


@dataclass(frozen=True)
class _Pairs:
    """What some customers bought, as of their days; arrays of (pairs,)."""

    row: np.ndarray  # rising
    product: np.ndarray
    age: np.ndarray  # days since it was last bought
    gap: np.ndarray  # the customer's own, between any purchases
    share: np.ndarray  # of the customer's purchase days those with it, less where there are few
    voice: np.ndarray  # sums to 1 a customer

    @classmethod
    def of(cls, bought: Bought, place: np.ndarray, first: np.ndarray, size: np.ndarray, day: np.ndarray) -> "_Pairs":
        one, row = _spread(first, size)
        whose, last = place[row], bought.last[one]
        voice = np.where(bought.is_heard[one], 0.5 ** ((bought.newest[whose] - last) / SPEAKS_HALF_LIFE_DAYS), 0)
        voice = voice / np.bincount(row, voice, len(size))[row]
        share = (np.diff(bought.begin)[one] - 0.5) / (bought.visits[whose] + 1)
        return cls(row, bought.product[one], day[row] - last, bought.gap[whose], share, voice)


def _check(customer: np.ndarray, day: np.ndarray, product: np.ndarray, products: int) -> None:
    if not customer.shape == day.shape == product.shape == (customer.size,):
        raise ValueError(f"shapes differ: customer {customer.shape}, day {day.shape}, product {product.shape}")
    limits = ("customer", customer, 0, 2**62), ("day", day, -(2**20), 2**20), ("product", product, 0, min(products, 2**PRODUCT_BITS))
    for name, values, low, high in limits:
        if (wrong := (values < low) | (values >= high)).any():
            raise ValueError(f"{name}[{np.argmax(wrong)}] is {values[np.argmax(wrong)]}, not from {low} to below {high}")


def _again(bought: Bought) -> tuple[np.ndarray, np.ndarray]:
    """(the share of buyers who came back that bought it again, the share by chance), nearer to the shop's where they are few."""
    came = bought.day[bought.begin[:-1]] < bought.newest[bought.whose]
    times, product, later = np.diff(bought.begin), bought.product[came], bought.visits[bought.whose][came] - 1
    likely = np.bincount(bought.product, times, bought.products) / max(int(bought.visits.sum()), 1)
    buyers = np.bincount(product, minlength=bought.products) + RARE
    chance, did = 1 - (1 - likely[product]) ** later, (times > 1)[came].astype(float)
    drawn = [(np.bincount(product, one, bought.products) + RARE * one.sum() / max(len(one), 1)) / buyers for one in (did, chance)]
    return drawn[0], drawn[1]


def _gaps(bought: Bought) -> np.ndarray:
    """Medians; that of all products where one was never bought again, inf where none was."""
    same = np.ones(max(len(bought.day) - 1, 0), bool)
    same[bought.begin[1:-1] - 1] = False
    gap, product = np.diff(bought.day)[same], np.repeat(bought.product, np.diff(bought.begin))[1:][same]
    order = np.lexsort((gap, product))
    start = np.searchsorted(product[order], np.arange(bought.products + 1))
    some = np.diff(start) > 0
    found = np.full(bought.products, np.median(gap) if len(gap) else np.inf)
    found[some] = gap[order][((start[:-1] + start[1:] - 1) // 2)[some]]
    return found


def _speaks(bought: Bought, trend: np.ndarray, neighbours: int) -> sparse.csr_matrix:
    """Of each product the neighbours that speak most for it, a block of products at a time."""
    whose, product, shape = bought.whose[bought.is_heard], bought.product[bought.is_heard], (bought.products, len(bought.ids))
    counts = np.bincount(whose, minlength=shape[1])[whose]
    buyers = sparse.csr_matrix((np.ones(len(product), np.float32), (product, whose)), shape=shape)
    said = sparse.csr_matrix(((1 / counts).astype(np.float32), (whose, product)), shape=shape[::-1])
    weight = np.maximum(np.bincount(product, 1 / counts, shape[0]), 1 / HEARD_MAX)
    parts = [(np.empty(0, int), np.empty(0, int), np.empty(0, np.float32))]
    for few in _blocks(np.bincount(product, counts, shape[0])):
        pairs = buyers[few] @ said
        spoken = np.repeat(np.arange(few.start, few.stop), np.diff(pairs.indptr))
        pairs.data *= weight[pairs.indices] ** -SPEAKER_POWER * trend[spoken] * weight[spoken] ** -SPOKEN_POWER * (pairs.indices != spoken)
        row, _, speaker, value = _best(pairs, neighbours)
        parts.append((speaker, row + few.start, value))
    speaker, spoken, value = (np.concatenate(part) for part in zip(*parts, strict=True))
    return sparse.csr_matrix((value, (speaker, spoken)), shape=(shape[0], shape[0]))


def _spread(first: np.ndarray, size: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(first, first + 1, ... `size` of them) for each, end to end, and whose each is."""
    of = np.repeat(np.arange(len(size)), size)
    return np.arange(len(of)) + np.repeat(first - np.cumsum(size) + size, size), of


def _blocks(work: np.ndarray) -> Iterator[slice]:
    """At most ROWS_MAX rows whose work is at most WORK_MAX, or one row."""
    total, stop = np.append(0, np.cumsum(work)), 0
    while (start := stop) < len(work):
        enough = int(np.searchsorted(total, total[start] + WORK_MAX, "right")) - 1
        yield slice(start, stop := min(max(enough, start + 1), start + ROWS_MAX, len(work)))


def _best(scores: sparse.csr_matrix, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(row, rank, column, score) of the highest above 0 of each row, best first; of equals the lower column."""
    kept, top = scores.data > 0, 2**SCORE_BITS - 1
    row = np.repeat(np.arange(scores.shape[0]), np.diff(scores.indptr))[kept]
    less = top - scores.data[kept].view(np.int32).astype(np.int64)  # floats above 0 rise as their bits do
    keys = np.sort((((row << SCORE_BITS) | less) << PRODUCT_BITS) | scores.indices[kept])
    row = keys >> (SCORE_BITS + PRODUCT_BITS)
    rank = np.arange(len(row)) - np.searchsorted(row, np.arange(scores.shape[0]))[row]
    keys, row, rank = keys[rank < count], row[rank < count], rank[rank < count]
    score = (top - ((keys >> PRODUCT_BITS) & top)).astype(np.int32).view(np.float32)
    return row, rank, keys & (2**PRODUCT_BITS - 1), score
