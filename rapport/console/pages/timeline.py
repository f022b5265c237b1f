"""A customer's facts as one timeline: a row a deed, a visit's pages in one, a mail's path in one, machines' acts counted and hidden."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from rapport.console.pages.lanes import BY_NAME, LANES, Lane, lane_of
from rapport.console.pages.sentences import Sentence, amount, sentence, word
from rapport.events.catalogue import Catalogue
from rapport.events.queries import Fact
from rapport.lib.clock import DAY_US, from_us
from rapport.lib.zone import company_zone

VISIT_GAP_US = 30 * 60 * 1_000_000
ROWS_FIRST = 25  # months are shown until this many rows are
MAIL_STEPS = {
    "Email Sent": gettext_lazy("sent"),
    "Email Delivered": gettext_lazy("delivered"),
    "Email Opened": gettext_lazy("opened"),
    "Email Link Clicked": gettext_lazy("clicked"),
    "Email Bounced": gettext_lazy("bounced"),
    "Email Marked as Spam": gettext_lazy("called spam"),
}
MONTHS_SHOWN = 24
DOT_LEAST, DOT_MOST = 5, 14


@dataclass(frozen=True)
class Row:
    """One row: a fact, a visit or a mail."""

    time_us: int
    lane: Lane
    said: Sentence
    fact_id: int
    facts: int = 1
    path: list[tuple[str, int]] = field(default_factory=list)  # of a mail: what became of it, and when


@dataclass(frozen=True)
class Month:
    """A month's rows, newest first. `facts` counts what they stand for."""

    key: str  # 2026-11
    first_us: int
    rows: list[Row]

    @property
    def facts(self) -> int:
        return sum(row.facts for row in self.rows)


@dataclass(frozen=True)
class Timeline:
    """What the page shows: the months asked for, what comes next, and how many facts each lane has."""

    months: list[Month]
    following: Month | None
    lanes: list[tuple[Lane, int]]
    total: int
    machines: int

    @property
    def last_key(self) -> str:
        """The month the next piece begins before."""
        return self.months[-1].key if self.months else ""


def timeline(facts: Iterable[Fact], catalogue: Catalogue, *, lane: str = "", before: str = "") -> Timeline:
    """`before`: only months before this one (2026-10). The facts may come in any order."""
    named = [(fact, kind.name, kind.done) for fact in facts if (kind := catalogue.by_id.get(fact.event_type_id))]
    people = [(fact, name) for fact, name, done in named if done != "machine"]
    counts = Counter(lane_of(name).name for _, name in people)
    rows = all_rows(people, lane)
    months = [month for month in _months(rows) if not before or month.key < before]
    shown: list[Month] = []
    seen = 0
    for month in months:
        if shown and seen + len(month.rows) > ROWS_FIRST:
            break
        shown.append(month)
        seen += len(month.rows)
    following = months[len(shown)] if len(shown) < len(months) else None
    lanes = [(one, counts[one.name]) for one in LANES if counts[one.name]]
    return Timeline(shown, following, lanes, len(people), len(named) - len(people))


def all_rows(people: Sequence[tuple[Fact, str]], lane: str = "") -> list[Row]:
    """Every row, newest first."""
    wanted = sorted((pair for pair in people if not lane or lane_of(pair[1]).name == lane), key=lambda pair: (pair[0].time_us, pair[0].id))
    web = [pair for pair in wanted if lane_of(pair[1]).name == "web"]
    mails = [pair for pair in wanted if pair[1] in MAIL_STEPS]
    plain = [pair for pair in wanted if pair[1] not in MAIL_STEPS and lane_of(pair[1]).name != "web"]
    rows = [Row(fact.time_us, lane_of(name), sentence(name, fact.properties), fact.id) for fact, name in plain]
    rows += [_visit(pairs) for pairs in _visits(web)] + _mails(mails)
    return sorted(rows, key=lambda row: (row.time_us, row.fact_id), reverse=True)


def _visits(web: list[tuple[Fact, str]]) -> list[list[tuple[Fact, str]]]:
    """Facts of the web with less than half an hour between them are one visit."""
    visits: list[list[tuple[Fact, str]]] = []
    for pair in web:
        if visits and pair[0].time_us - visits[-1][-1][0].time_us < VISIT_GAP_US:
            visits[-1].append(pair)
        else:
            visits.append([pair])
    return visits


def _visit(pairs: list[tuple[Fact, str]]) -> Row:
    first, last = pairs[0][0], pairs[-1][0]
    if len(pairs) == 1 and pairs[0][1] not in ("Page Viewed", "Screen Viewed", "Product Viewed"):
        return Row(first.time_us, BY_NAME["web"], sentence(pairs[0][1], first.properties), first.id)
    goods = list(dict.fromkeys(_thing(fact) for fact, name in pairs if name.startswith("Product ")))
    minutes = (last.time_us - first.time_us) // 60_000_000
    pages = len(pairs)
    what = ngettext("%(n)s product", "%(n)s products", len(goods)) if goods else ngettext("%(n)s page", "%(n)s pages", pages)
    text = _("Looked at %(what)s") % {"what": what % {"n": len(goods) or pages}}
    if minutes:
        text += " " + ngettext("for %(n)s minute", "for %(n)s minutes", minutes) % {"n": minutes}
    quiet = ", ".join(goods[:3]) if goods else _thing(first)
    aside = ngettext("%(n)s fact", "%(n)s facts", pages) % {"n": pages} if pages > 1 else ""
    return Row(first.time_us, BY_NAME["web"], Sentence(text, quiet=quiet, aside=aside), first.id, facts=pages)


def _thing(fact: Fact) -> str:
    return next((found for name in ("name", "title", "path", "sku", "url") if (found := word(fact.properties, name))), "?")


def _mails(mails: list[tuple[Fact, str]]) -> list[Row]:
    """What became of one mail is one row, at the time it was sent."""
    rows = []
    for _key, group in groupby(
        sorted(mails, key=lambda pair: (_mail_key(pair[0]), pair[0].time_us, pair[0].id)), key=lambda pair: _mail_key(pair[0])
    ):
        steps = list(group)
        first = steps[0][0]
        subject = word(first.properties, "email_subject") or word(first.properties, "subject")
        subject = "" if "{{" in subject or "{%" in subject else subject  # as the template says it: the campaign's name says more
        campaign = word(first.properties, "campaign_name")
        text = f"“{subject}”" if subject else campaign or steps[0][1]
        path = [(str(MAIL_STEPS[name]), fact.time_us) for fact, name in steps]
        rows.append(Row(first.time_us, BY_NAME["mail"], Sentence(text, aside=campaign if subject else ""), first.id, len(steps), path))
    return rows


def _mail_key(fact: Fact) -> str:
    said = fact.properties
    return next(
        (f"{name}:{found}" for name in ("email_id", "message_id", "campaign_id", "campaign_name") if (found := word(said, name))),
        str(fact.id),
    )


def _months(rows: list[Row]) -> list[Month]:
    zone = company_zone()
    by_month = groupby(rows, key=lambda row: f"{from_us(row.time_us, zone):%Y-%m}")
    found = [(key, list(group)) for key, group in by_month]
    return [Month(key, group[-1].time_us, group) for key, group in found]


def dots(facts: Iterable[Fact], catalogue: Catalogue, *, now_us: int) -> dict[str, Any]:
    """The lanes' plot: a dot a fact over the last months, its size the money, red where there was trouble, hollow where it is ahead."""
    since = now_us - MONTHS_SHOWN * 30 * DAY_US
    named = [(fact, kind.name) for fact in facts if (kind := catalogue.by_id.get(fact.event_type_id)) and kind.done != "machine"]
    recent = [(fact, name) for fact, name in named if fact.time_us >= since]
    present = [lane for lane in LANES if any(lane_of(name) is lane for _, name in recent)]
    amounts = {fact.id: abs(found) for fact, name in recent if name.startswith("Order ") and (found := amount(fact.properties))}
    most = max(amounts.values(), default=Decimal(1))
    points = []
    for fact, name in recent:
        size = DOT_LEAST + float(amounts[fact.id] / most) ** 0.5 * (DOT_MOST - DOT_LEAST) if fact.id in amounts else DOT_LEAST
        said = sentence(name, fact.properties)
        tone = "ahead" if fact.time_us > now_us else "bad" if said.tone == "bad" else ""
        points.append([fact.time_us // 1000, present.index(lane_of(name)), round(size, 1), tone, fact.id, said.text])
    return {
        "lanes": [str(lane.words) for lane in present],
        "points": points,
        "since": since // 1000,
        "now": now_us // 1000,
        "until": max([now_us, *(fact.time_us for fact, _ in recent)]) // 1000 + 20 * DAY_US // 1000,
    }


def lane_table(facts: Iterable[Fact], catalogue: Catalogue) -> dict[str, Any]:
    """The same as a table: facts of each lane by quarter, newest first."""
    zone = company_zone()
    counts: Counter[tuple[str, str]] = Counter()
    for fact in facts:
        kind = catalogue.by_id.get(fact.event_type_id)
        if kind and kind.done != "machine":
            local = from_us(fact.time_us, zone)
            counts[f"{local.year} Q{(local.month + 2) // 3}", lane_of(kind.name).name] += 1
    present = [lane for lane in LANES if any(name == lane.name for _, name in counts)]
    quarters = sorted({quarter for quarter, _ in counts}, reverse=True)
    return {
        "heads": [_("Quarter"), *(str(lane.words) for lane in present)],
        "rows": [[quarter, *(counts[quarter, lane.name] for lane in present)] for quarter in quarters],
    }
