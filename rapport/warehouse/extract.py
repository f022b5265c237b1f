"""From the JSON of a pass's facts to rows of the typed tables: one scan and one insert for each kind of fact and each list in it."""

from collections.abc import Sequence
from itertools import product
from zoneinfo import ZoneInfo

import duckdb
from django.conf import settings

from rapport.events.catalogue import EventTypeFacts, PropertyFacts
from rapport.warehouse import kinds, schema
from rapport.warehouse.kinds import Slot
from rapport.warehouse.schema import name, names

REGISTERED = "pass_rows"  # the registered rows: event_id, event_type_id, customer_id, time_us, load_id, rate_e9, body
DOTS_MAX = 4  # a name may hold dots of its own: beyond so many only the two plainest readings are tried
SHARING_SLOTS_MAX = 60  # looking for what expressions share takes the square of their number: 8 s for 500 columns
FACT = "SELECT customer_id, time_us, event_id, load_id, rate_e9"


def insert_facts(lake: duckdb.DuckDBPyConnection, facts: EventTypeFacts) -> None:
    """Write the pass's facts of one kind, typed. Facts of nobody are not in the tables of kinds."""
    mine = f"FROM {REGISTERED} WHERE event_type_id = {int(facts.id)} AND customer_id IS NOT NULL"
    plain = schema.plain_properties(facts)
    _insert(lake, facts.table, schema.FACT_COLUMNS, plain, f"{FACT}, 0 AS line, body {mine}", "")
    for path, table in schema.line_tables(facts).items():
        elements = f"json_extract({_first_known('json_extract(body, [{}])', path)}, '$[*]')"
        lists = f"{FACT}, {elements}::VARCHAR[] AS elements {mine}"
        lines = f"{FACT}, unnest(elements) AS body, unnest(range(len(elements))) AS line FROM ({lists})"
        _insert(
            lake,
            table,
            schema.LINE_COLUMNS,
            schema.line_properties(facts, path),
            f"SELECT * FROM ({lines}) WHERE starts_with(body, '{{')",
            path,
        )


def _insert(
    lake: duckdb.DuckDBPyConnection, table: str, own: schema.Columns, properties: Sequence[PropertyFacts], source: str, list_path: str
) -> None:
    """One insert of `source`, whose `body` is the JSON object that holds the properties."""
    slots, pointers = _slots(properties, list_path)
    values = f"json_extract(body, [{', '.join(pointers)}])::VARCHAR[]" if pointers else "NULL::VARCHAR[]"
    typed = "".join(f", {slot.typed} AS {slot.value}" for slot in slots)
    raws = f"SELECT * EXCLUDE (body), {values} AS v FROM ({source})"
    unhelpful = "common_subexpressions" if len(slots) > SHARING_SLOTS_MAX else ""
    lake.execute(f"SET disabled_optimizers = '{unhelpful}'")
    lake.execute(f"CREATE OR REPLACE TEMP TABLE extracted AS SELECT *{typed} FROM ({raws})")
    odd = _read_odd(lake, [slot for slot in slots if slot.may_be_odd])
    chosen, joins = [], ""
    for slot in slots:
        found, value = odd.get(slot, ""), slot.value
        if found:
            joins += f" LEFT JOIN {found} ON {found}.raw = {slot.raw} AND {found}.rate_e9 IS NOT DISTINCT FROM extracted.rate_e9"
            value = f"coalesce({value}, {kinds.from_integer(slot, f'{found}.value')})"
        chosen.append(value)
    last = "line::INTEGER" if "line" in own else "coalesce(extracted.rate_e9 = 0, FALSE)"
    head = f"customer_id, make_timestamp(time_us), event_id, load_id, {last}"
    lake.execute(
        f"INSERT INTO w.{name(table)} ({names([*own, *(slot.column for slot in slots)])})"
        f" SELECT {', '.join([head, *chosen])} FROM extracted{joins} ORDER BY customer_id, time_us, event_id, line"
    )
    for registered in odd.values():
        lake.unregister(registered)


def _read_odd(lake: duckdb.DuckDBPyConnection, slots: Sequence[Slot]) -> dict[Slot, str]:
    """Register what Python makes of the values SQL had no type for, a table a slot; none where there were none."""
    if not slots:
        return {}
    counts = lake.execute(f"SELECT {', '.join(f'count_if({slot.odd})' for slot in slots)} FROM extracted").fetchall()[0]
    odd = {slot: f"odd_{number}" for number, (slot, count) in enumerate(zip(slots, counts, strict=True)) if count}
    for slot, registered in odd.items():
        found = lake.execute(f"SELECT DISTINCT {slot.raw}, rate_e9 FROM extracted WHERE {slot.odd}").fetchall()
        lake.register(registered, kinds.odd_values(slot, found, ZoneInfo(settings.COMPANY_TIME_ZONE)))
    return odd


def _slots(properties: Sequence[PropertyFacts], list_path: str) -> tuple[list[Slot], list[str]]:
    """The slot of each property, and the pointers into the object that their raw texts are read by."""
    slots: list[Slot] = []
    pointers: list[str] = []
    for one in properties:
        own = one.path.removeprefix(f"{list_path}.") if list_path else one.path
        if "\0" in own:
            continue  # SQL cannot say it
        ways = _pointers(own)
        places = [f"v[{len(pointers) + number}]" for number in range(1, len(ways) + 1)]
        raw = places[0] if len(places) == 1 else f"coalesce({', '.join(f'''nullif({place}, 'null')''' for place in places)})"
        slots.append(Slot(one.column, one.kind, one.many, raw, f"value_{len(slots)}"))
        pointers += ways
    return slots, pointers


def _first_known(template: str, path: str) -> str:
    """The first value at a path that is there and not null, of all ways to read its dots."""
    ways = _pointers(path)
    found = template.format(", ".join(ways))
    return f"coalesce({', '.join(f'''nullif({found}[{number}]::VARCHAR, 'null')''' for number in range(1, len(ways) + 1))})"


def _pointers(path: str) -> list[str]:
    """Every way to walk to a dotted path, as quoted JSON pointers, the most nested first: a dot may be part of a name."""
    parts = path.split(".")
    gaps = len(parts) - 1
    if gaps > DOTS_MAX:
        return [_pointer(parts), _pointer([path])]
    ways = []
    for cuts in product((True, False), repeat=gaps):
        walk = [parts[0]]
        for cut, part in zip(cuts, parts[1:], strict=True):
            if cut:
                walk.append(part)
            else:
                walk[-1] += f".{part}"
        ways.append(_pointer(walk))
    return ways


def _pointer(walk: Sequence[str]) -> str:
    """A walk by names. Digits alone would count into a list as a pointer, so those are written as a path."""
    if any(part.isdigit() for part in walk) and not any('"' in part or "\\" in part or part in ("", "*") for part in walk):
        text = "$" + "".join(f'."{part}"' for part in walk)
    else:
        text = "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in walk)
    return "'" + text.replace("'", "''") + "'"
