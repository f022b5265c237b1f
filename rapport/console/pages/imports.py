"""A file on its way in, as pages need it: kept on disk while it is looked at, its columns with what each may become, its sum afterwards.

Everything the console knows of the file verbs stands here and in `loads.py`.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from django.conf import settings
from django.core import signing
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.utils.functional import Promise
from django.utils.text import get_valid_filename
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from rapport.intake.files.actions import Options, Preview, preview
from rapport.intake.files.plans import KINDS
from rapport.intake.models import Load
from rapport.lib.refusals import Refusal

SALT = "console.upload"
NAME_MAX = 120
EXAMPLES = 3
KIND_WORDS: dict[str, str | Promise] = {
    "events": gettext_lazy("Events, one JSON object a line"),
    "customers": gettext_lazy("Customers, one a row"),
    "orders": gettext_lazy("Orders, one line of an order a row"),
    "products": gettext_lazy("Products, one a row"),
    "branches": gettext_lazy("Branches with their place, one a row"),
    "rates": gettext_lazy("Currency rates, one day and currency a row"),
    "suppressions": gettext_lazy("Addresses nothing may be sent to"),
}
OTHERS_WORDS: dict[str, str | Promise] = {
    "traits": gettext_lazy("a trait"),
    "properties": gettext_lazy("a property"),
    "": gettext_lazy("left out"),
}


@dataclass(frozen=True)
class Upload:
    """A file that was handed in and lies in the uploads folder until it is loaded."""

    path: Path
    name: str

    @property
    def token(self) -> str:
        """Names the file in an address; signed, so that no address names any other."""
        inside = str(self.path.relative_to(settings.UPLOAD_DIR))
        return signing.dumps({"file": inside, "name": self.name}, salt=SALT, compress=True)


def keep_upload(file: object) -> Upload:
    """Move what was streamed to disk into the uploads folder; a full disk is said in words."""
    assert isinstance(file, TemporaryUploadedFile), "uploads are streamed to disk, never held in memory"
    name = (file.name or "file")[-NAME_MAX:]
    folder = settings.UPLOAD_DIR / uuid4().hex
    try:
        folder.mkdir(parents=True)
        path = folder / get_valid_filename(name)
        shutil.copyfile(file.temporary_file_path(), path)
    except OSError as trouble:
        shutil.rmtree(folder, ignore_errors=True)
        what = _("“%(name)s” could not be kept: %(why)s.") % {"name": name, "why": trouble.strerror or trouble}
        raise Refusal(what, mend=_("Nothing was loaded. Make room in the data folder, then try again.")) from trouble
    return Upload(path, name)


def upload_of(token: str) -> Upload:
    try:
        said = signing.loads(token, salt=SALT)
    except signing.BadSignature as trouble:
        raise Refusal(_("That file is not known here."), mend=_("Choose it again.")) from trouble
    path = settings.UPLOAD_DIR / said["file"]
    if not path.is_file():
        raise Refusal(_("“%(name)s” is no longer here.") % {"name": said["name"]}, mend=_("Choose it again."))
    return Upload(path, said["name"])


def upload_behind(load: Load) -> Upload | None:
    """The upload a load was started from, if it was one and is still here."""
    path = Path(load.path)
    return Upload(path, load.name) if path.is_file() and settings.UPLOAD_DIR in path.parents else None


@dataclass(frozen=True)
class ColumnShown:
    """A column of the file: its first values, and the field it becomes."""

    number: int
    name: str
    values: list[str]
    field: str  # "" for one that is no field


@dataclass(frozen=True)
class Look:
    """What the preview page shows."""

    kind: str
    columns: list[ColumnShown]
    fields: list[str]
    others: str | Promise
    rows: list[list[str]]
    troubles: list[tuple[int, str]]
    refusal: Refusal | None
    options: Options = field(default_factory=Options)


def look(upload: Upload, kind: str, options: Options, *, guessing: bool) -> Look:
    """The first rows with each column's field. The first time, what other programs call otherwise is mapped by itself."""
    seen = preview(upload.path, kind, options)
    if guessing and seen.suggested and not options.map:
        options = Options(**{**vars(options), "map": seen.suggested})
        seen = preview(upload.path, kind, options)
    fields = list(fields_of(kind))
    columns = [
        ColumnShown(number, name, _first_values(seen, number), _field(name, seen, fields))
        for number, name in enumerate(seen.header)
        if name
    ]
    troubles = [(trouble.line, trouble.reason) for trouble in seen.troubles]
    return Look(kind, columns, fields, OTHERS_WORDS.get(seen.others, seen.others), seen.rows, troubles, seen.refusal, options)


def fields_of(kind: str) -> tuple[str, ...]:
    """The fields a kind of file has; of an unknown kind none."""
    return KINDS[kind].fields.names if kind in KINDS else ()


def mapped(header: Sequence[str], chosen: Sequence[str], fields: Sequence[str]) -> dict[str, str]:
    """field -> column, of what was chosen for each column; a field whose column already bears its name needs no word."""
    return {name: column for column, name in zip(header, chosen, strict=False) if name in fields and name != column}


def map_words(text: str) -> dict[str, str]:
    """`C=cancelled, R=refunded` as the file's word -> ours."""
    found = {}
    for pair in text.split(","):
        theirs, sign, ours = pair.partition("=")
        if pair.strip() and not (sign and theirs.strip() and ours.strip()):
            raise Refusal(
                _("“%(pair)s” does not say which word means what.") % {"pair": pair.strip()}, mend=_("Write C=cancelled, R=refunded.")
            )
        if pair.strip():
            found[theirs.strip()] = ours.strip()
    return found


def _field(column: str, seen: Preview, fields: Sequence[str]) -> str:
    name = seen.fields.get(column, "")
    return name if name in fields or name.startswith("consent_") else ""


def _first_values(seen: Preview, number: int) -> list[str]:
    return [row[number][:60] for row in seen.rows[:EXAMPLES] if number < len(row) and row[number]]
