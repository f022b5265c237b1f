"""What a fit says in words: kept as words with places, and put into the language of whoever reads it when it is shown."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext


@dataclass(frozen=True)
class Said:
    """A sentence, or a part of one. `words` are marked by gettext_noop where they are written; `of` fills their %(places)s."""

    words: str
    of: dict[str, Any]

    def __str__(self) -> str:
        return self.words % self.of


def said(kept: Any) -> str:
    """What a report kept, in the reader's language: a Said as JSON has it; or a plain name, or a sentence of a fit of old."""
    if isinstance(kept, dict):
        return gettext(kept["words"]) % kept["of"]
    return gettext(kept) if kept else ""  # "" has a translation: the head of the catalogue


def all_said(report: Any) -> Any:
    """The same report with each Said in it as a sentence, for commands and programs."""
    if isinstance(report, dict):
        return said(report) if set(report) == {"words", "of"} else {name: all_said(one) for name, one in report.items()}
    return [all_said(one) for one in report] if isinstance(report, list) else report
