"""One refresh: every kept set brought from the moment and place it was true for to those of now.

A condition is asked anew only of those it may have changed for: who has new facts of its kinds, who has a fact that crossed an edge of
its windows, whose identity moved. The outcome equals asking everybody. All is read from the lake at one moment of its own.
"""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from pyroaring import BitMap

from rapport.events.catalogue import Catalogue
from rapport.segments.answer import leaves_of, named_rule, sets_over
from rapport.segments.bounds import Moment
from rapport.segments.folding import leaf_sets
from rapport.segments.lake import OF_EVERY_FACT, Lake, lake_at
from rapport.segments.leaves import Planner
from rapport.segments.nodes import AT_LEAST_ONCE, Did, InSegment, InSilo, Leaf, Named, Rule, preorder
from rapport.segments.plans import Words
from rapport.segments.refresh.changes import Changes, changes_between
from rapport.segments.refresh.coming import Column, looked_up, spans_of, within
from rapport.segments.refresh.dependence import Crossing, Dependence, dependence
from rapport.segments.refresh.kept import EVERYONE, Kept, State, digest, leaf_key
from rapport.segments.text import rule_text
from rapport.warehouse.queries import Reader

WIDE_PART = 4  # a condition that may have changed for this part of everyone is asked of all


@dataclass
class Moved:
    """What one refresh did."""

    state: State
    flipped: dict[str, BitMap]  # by the key of a set that was there before under the same meaning: who came or left
    whole: str  # why everybody was asked; "" where they were not
    asked: int  # conditions asked of somebody
    asked_whole: int  # ... of everybody
    people: int  # of whom any condition was asked
    seconds: float
    merged: dict[int, int] = field(default_factory=dict)  # aliases that moved, each with whom it stands for


def moved(rules: Mapping[str, Rule], words: Words, state: State | None, moment_us: int, reader: Reader) -> Moved:
    """Bring the sets of these checked rules, by their keys, to a moment. Where there is a state, it is changed in place."""
    return _Pass(rules, words, state, reader, moment_us).run()


class _Pass:
    def __init__(self, rules: Mapping[str, Rule], words: Words, state: State | None, reader: Reader, moment_us: int) -> None:
        self.started = time.perf_counter()
        self.rules, self.words, self.reader = rules, words, reader
        self.lake = lake = lake_at(reader, moment_us)
        self.leaves = {key: list(dict.fromkeys(leaves_of(rule, words))) for key, rule in rules.items()}
        self.parts = {leaf: parts_of(leaf, words.catalogue, reader) for own in self.leaves.values() for leaf in own}
        self.by_key: dict[str, Leaf] = {part.key: part.leaf for parts in self.parts.values() for part in parts}
        self.place = reader.watermark
        self.changes = Changes(void="the sets are kept for the first time")
        if state is not None:
            self.changes = changes_between(state.place, self.place, words.catalogue)
        self.state = state or State(lake.moment.us, self.place)
        self.then = Moment(self.state.moment_us, lake.moment.zone)
        self.flips: dict[str, BitMap] = {}  # by leaf, and of everyone
        self.people = BitMap()
        self.followed: set[Column] = set()  # columns of which the last refresh knows what is coming
        self.copied: dict[str, BitMap] = {}  # by table, whose rows were copied

    def run(self) -> Moved:
        changes, sets = self.changes, self.state.sets
        needs = {key: dependence(leaf, self.words, self.then, self.lake.moment) for key, leaf in self.by_key.items()}
        touched = self._renew_everyone()
        crossed = self._crossed({one for need in needs.values() for one in need.crossings})
        whole = {key for key, need in needs.items() if changes.void or self._is_void(key, need)}
        left = {key: need for key, need in needs.items() if key not in whole}
        asked_of = self._asked_of(left, touched, crossed)
        whole |= {key for key, ids in asked_of.items() if len(ids) * WIDE_PART > len(self.state.everyone)}
        self._ask_whole(whole, needs)
        some = {key: ids for key, ids in asked_of.items() if ids and key not in whole}
        self._follow(self._ask_some(some, needs), needs.values())
        flipped = self._renew_rules()
        self.state.sets = {key: one for key, one in sets.items() if key == EVERYONE or key in self.by_key or key in self.rules}
        self.state.moment_us, self.state.place = self.lake.moment.us, self.place
        merged = self._merged(touched)
        seconds = time.perf_counter() - self.started
        return Moved(self.state, flipped, changes.void, len(whole) + len(some), len(whole), len(self.people), seconds, merged)

    # Who there is

    def _renew_everyone(self) -> BitMap:
        """Bring everyone up to date; answers whose every condition is to be asked anew: identities that moved, and who became known."""
        kept = self.state.sets.get(EVERYONE)
        if kept is None or self.changes.void:
            new = self.lake.everyone
            if kept is None:
                kept = self.state.sets[EVERYONE] = Kept(BitMap(), "")
            self.flips[EVERYONE] = kept.ids ^ new
            kept.turn(self.flips[EVERYONE])
            return BitMap()
        touched = self.lake.families(self.lake.roots(self.changes.touched)) | self.changes.touched
        seen = touched | BitMap.union(*self.changes.by_kind.values()) if self.changes.by_kind else touched
        seen |= self.lake.roots(seen)
        known = self._known_among(seen)
        flips = (kept.ids & seen) ^ known
        became = known - kept.ids
        kept.turn(flips)
        self.flips[EVERYONE] = flips
        return touched | became

    def _known_among(self, ids: BitMap) -> BitMap:
        if not ids or "known" not in self.reader.tables:
            return BitMap()
        asked = np.array(ids.to_array(), np.int32)
        copy = self.reader.rows_of("known", ["customer_id"], asked, asked)
        return self.lake.narrow({"known": copy}).everyone_asked()

    def _merged(self, touched: BitMap) -> dict[int, int]:
        """Whom the aliases among these stand for."""
        aliases, roots = self.lake.with_roots(touched & self.lake.alias_ids)
        return dict(zip(aliases.tolist(), roots.tolist(), strict=True))

    # Whom a condition is asked of

    def _is_void(self, key: str, need: Dependence) -> bool:
        kept = self.state.sets.get(key)
        if kept is None or kept.meaning != digest(need.meaning) or need.whole:
            return True
        news = self.changes.of_nobody | self.changes.by_kind.keys()
        return bool(need.voiding & news) or any(map(self._is_crossed, need.voiding_crossings))

    def _is_crossed(self, crossing: Crossing) -> bool:
        rows = self.lake.table(crossing.table)
        if crossing.low == crossing.high or rows is None or crossing.table not in self.reader.filled:
            return False
        column = rows[crossing.column]
        return bool(self.lake.ask(rows.filter(column >= crossing.low, column < crossing.high).limit(1).select(crossing.column)).num_rows)

    def _asked_of(self, needs: Mapping[str, Dependence], touched: BitMap, crossed: Mapping[Crossing, BitMap]) -> dict[str, BitMap]:
        news = {kind: self.lake.roots(ids) for kind, ids in self.changes.by_kind.items()}
        found = {}
        for key, need in needs.items():
            parts = [news[kind] for kind in need.kinds if kind in news] + [crossed[one] for one in need.crossings if one in crossed]
            found[key] = BitMap.union(touched, *parts)
        return found

    def _crossed(self, crossings: Iterable[Crossing]) -> dict[Crossing, BitMap]:
        """Who has a row in each crossing, as it was looked up ahead; where that does not reach, by one scan a column."""
        columns: dict[tuple[str, str], list[Crossing]] = {}
        for one in crossings:
            columns.setdefault((one.table, one.column), []).append(one)
        before, found = self.state.coming, dict[Crossing, BitMap]()
        self.state.coming = {}
        for (table, column), own in columns.items():
            rows = self.lake.whole_table(table)
            if table not in self.reader.filled or rows is None or column not in rows.columns:
                continue
            key = (self.reader.home, table, column, self.reader.tables[table][column])
            ahead = before.get(key)
            if ahead is None or self.changes.void or not all(map(ahead.covers, own)):
                spans = spans_of(own)
                ahead = looked_up(spans, self.lake.ask(within(rows, column, spans)))
            else:
                self.followed.add(key)
            self.state.coming[key] = ahead
            found.update({one: self.lake.roots(ahead.people(one)) for one in own if one.low != one.high})
        return found

    def _follow(self, narrow: Lake, needs: Iterable[Dependence]) -> None:
        """New rows join what was looked up ahead; where a table was not copied for all who have some, that is forgotten."""
        kinds: dict[str, set[int]] = {}
        for need in needs:
            for one in need.crossings:
                kinds.setdefault(one.table, set()).update(need.kinds)
        for key in self.followed:
            _, table, column, _ = key
            news = BitMap.union(BitMap(), *(ids for kind, ids in self.changes.by_kind.items() if kind in kinds[table]))
            if not news:
                continue
            rows, ahead = narrow.whole_table(table), self.state.coming.pop(key)
            if rows is not None and news <= self.copied.get(table, BitMap()) and column in rows.columns:
                self.state.coming[key] = ahead.joined_by(self.lake.ask(within(rows, column, ahead.spans)))

    # Asking

    def _ask_whole(self, keys: set[str], needs: Mapping[str, Dependence]) -> None:
        asked = leaf_sets([self.by_key[key] for key in sorted(keys)], Planner(self.lake, self.words))
        for key in keys:
            ids, kept = asked[self.by_key[key]], self.state.sets.get(key)
            if kept is None:
                kept = self.state.sets[key] = Kept(BitMap(), "")
            if kept.meaning != digest(needs[key].meaning):
                kept.meaning, kept.is_new = digest(needs[key].meaning), True
            self.flips[key] = kept.ids ^ ids
            kept.turn(self.flips[key])
        if keys:
            self.people |= self.state.everyone

    def _ask_some(self, asked_of: Mapping[str, BitMap], needs: Mapping[str, Dependence]) -> Lake:
        """The same questions over copies that hold the rows of those few; answers the lake of the copies."""
        wanted: dict[str, BitMap] = {}
        columns: dict[str, set[str]] = {}
        for key, ids in asked_of.items():
            for table, read in needs[key].columns.items():
                wanted[table] = wanted.get(table, BitMap()) | ids
                columns.setdefault(table, set(OF_EVERY_FACT)).update(read)
        everybody = BitMap.union(BitMap(), *asked_of.values())
        self.copied = {table: self.lake.families(ids) for table, ids in wanted.items() if table in self.reader.filled}
        copies = {
            table: self.reader.rows_of(
                table, [one for one in self.reader.tables[table] if one in columns[table]], *self.lake.with_roots(ids)
            )
            for table, ids in self.copied.items()
        }
        narrow = self.lake.narrow(copies, within=self.state.everyone & everybody)
        asked = leaf_sets([self.by_key[key] for key in asked_of], Planner(narrow, self.words))
        for key, ids in asked_of.items():
            kept = self.state.sets[key]
            self.flips[key] = (kept.ids & ids) ^ (asked[self.by_key[key]] & ids)
            kept.turn(self.flips[key])
        self.people |= everybody
        return narrow

    # What follows for the rules

    def _renew_rules(self) -> dict[str, BitMap]:
        """Each rule's algebra, over those alone for whom some condition turned."""
        sets, flipped = self.state.sets, {}
        turned = BitMap.union(*self.flips.values())
        within = {leaf: people_of(parts, sets) & turned for leaf, parts in self.parts.items()}
        everyone = self.state.everyone & turned
        for key, rule in self.rules.items():
            meaning, kept = digest(_spelled(rule, self.words)), sets.get(key)
            if kept is not None and kept.meaning == meaning:
                flipped[key] = (kept.ids & turned) ^ sets_over(rule, within, self.words, everyone)[0]
                kept.turn(flipped[key])
                continue
            whole = {leaf: people_of(self.parts[leaf], sets) for leaf in self.leaves[key]}
            ids = sets_over(rule, whole, self.words, self.state.everyone)[0]
            if kept is not None:
                flipped[key] = kept.ids ^ ids
            sets[key] = Kept(ids, meaning, is_changed=True)
        return flipped


@dataclass(frozen=True)
class Part:
    """What is kept of a condition, and under which key."""

    key: str
    leaf: Leaf


def parts_of(leaf: Leaf, catalogue: Catalogue, reader: Reader) -> list[Part]:
    """A condition by itself; one on anything done as one on each kind of fact, so that a fact changes the set of its own kind alone."""
    leaves: list[Leaf] = [leaf]
    if isinstance(leaf, Did) and leaf.event is None and leaf.times == AT_LEAST_ONCE:
        kinds = [kind for kind in catalogue.event_types.values() if kind.done == "by" and kind.table in reader.filled]
        leaves = [replace(leaf, event=kind.name) for kind in kinds]
    return [Part(leaf_key(rule_text(one)), one) for one in leaves]


def people_of(parts: Iterable[Part], sets: Mapping[str, Kept]) -> BitMap:
    """Whom a condition means, of its parts."""
    return BitMap.union(BitMap(), *(sets[part.key].ids for part in parts))


def _spelled(rule: Rule, words: Words) -> str:
    """A rule with those it names, at any remove, as they stand now: what its set means."""
    texts, waiting, seen = [rule_text(rule)], [rule], set[Named]()
    while waiting:
        for node in preorder(waiting.pop()):
            if isinstance(node, InSegment | InSilo) and node not in seen:
                seen.add(node)
                waiting.append(named_rule(node, words))
                texts.append(f"{rule_text(node)}: {rule_text(waiting[-1])}")
    return "\n".join(texts)
