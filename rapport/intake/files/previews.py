"""What a file looks like before it is loaded: its columns, what each would be, its first rows, and which kind it probably is."""

from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from rapport.intake.files.columns import plain_name
from rapport.intake.files.opening import look_at
from rapport.intake.files.plans import KINDS, columns_of, kind_named, open_table
from rapport.intake.files.rows import Table, Trouble
from rapport.intake.files.units import Options
from rapport.lib.refusals import Refusal

ROWS_SHOWN = 10
SYNONYMS: dict[str, tuple[str, ...]] = {  # how other programs call our fields
    "order_id": ("invoice_no", "invoiceno", "invoice", "order_number", "order_no", "order"),
    "customer": ("customer_id", "customerid", "client", "user_id", "buyer", "customer_email", "email"),
    "time": ("invoice_date", "invoicedate", "order_date", "date", "created_at", "datetime", "timestamp"),
    "sku": ("stock_code", "stockcode", "product_code", "product_id", "item", "lineitem_sku"),
    "name": ("description", "product_name", "title", "lineitem_name"),
    "quantity": ("qty", "n_cds", "pieces", "lineitem_quantity"),
    "unit_price": ("unitprice", "price", "lineitem_price"),
    "amount": ("line_total", "total", "revenue", "value", "amount_usd"),
    "user_id": ("customer_id", "customerid", "id", "client_id"),
    "email": ("e_mail", "email_address", "mail"),
    "phone": ("telephone", "mobile", "phone_number"),
    "birthday": ("birth_date", "date_of_birth", "dob"),
    "postal_code": ("zip", "postcode", "zip_code"),
    "day": ("date",),
    "rate": ("value", "exchange_rate"),
    "currency": ("code", "currency_code"),
    "latitude": ("lat",),
    "longitude": ("lon", "lng", "long"),
}
TELLING = {
    "orders": ("order_id", "sku", "quantity", "unit_price", "amount", "time"),
    "rates": ("day", "currency", "rate"),
    "branches": ("latitude", "longitude"),
}


@dataclass(frozen=True)
class Preview:
    """For a page: nothing is loaded. Where the file would be refused, `refusal` says why, and the rest is still shown."""

    kind: str
    header: list[str]
    fields: dict[str, str]  # column -> the field it would be; "" for one that is left out
    others: str  # what columns that are no field become
    rows: list[list[str]]
    troubles: list[Trouble]
    suggested: dict[str, str] = field(default_factory=dict)  # field -> column, for --map
    refusal: Refusal | None = None


def preview(path: Path, kind: str, options: Options | None = None) -> Preview:
    """The first rows of a file, and what its columns would be."""
    chosen, wanted = kind_named(kind), options or Options()
    table = open_table(path, chosen, wanted)
    rows: list[list[str]] = []
    troubles: list[Trouble] = []
    for item in islice((item for chunk in table.chunks() for item in chunk), ROWS_SHOWN):
        if isinstance(item, Trouble):
            troubles.append(item)
        else:
            rows.append(item[1])
    fields: dict[str, str] = {}
    refusal = None
    try:
        columns = columns_of(table, path, chosen, wanted)
        names = columns.names_by_place()
        fields = {name: names.get(place, "") for place, name in enumerate(table.header) if name}
    except Refusal as no:
        refusal = no
    return Preview(kind, table.header, fields, chosen.fields.others, rows, troubles, suggest(table, kind), refusal)


def suggest(table: Table, kind: str) -> dict[str, str]:
    """Columns that other programs call otherwise, as `--map` would have them: field -> column."""
    plain = {plain_name(name): name for name in table.header if name}
    chosen = kind_named(kind).fields
    taken = {field for field in plain if field in chosen.names}
    used = {plain[field] for field in taken}
    found: dict[str, str] = {}
    for name in chosen.names:
        column = next((plain[word] for word in SYNONYMS.get(name, ()) if word in plain and plain[word] not in used), None)
        if name not in taken and column is not None:
            found[name] = column
            used.add(column)
    return found


def guess_kind(path: Path) -> str:
    """The kind a file most probably is; "" where nothing speaks for one."""
    opened = look_at(path)
    if not opened.parquet and opened.head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return "events"
    table = open_table(path, kind_named("customers"), Options())
    names = {plain_name(name) for name in table.header}

    def fit(kind: str) -> float:
        fields = KINDS[kind].fields
        known = (
            len(names & set(fields.names))
            + len(suggest(table, kind))
            + sum(name.startswith(fields.prefixes) for name in names if fields.prefixes)
        )
        groups = [group for group in fields.one_of if not names & set(group) and not set(suggest(table, kind)) & set(group)]
        return -1.0 if groups else known / max(1, len(names)) + 0.1 * len(names & set(TELLING.get(kind, ())))

    best = max((kind for kind in KINDS if kind != "events"), key=fit)
    return best if fit(best) > 0 else ""
