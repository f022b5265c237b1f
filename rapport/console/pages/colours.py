"""Rule text in the colours of the editor: AND, OR, BUT NOT, names in green, grammar in grey, constants in ink."""

from rapport.segments.editor import spans

# The grammar's own words, by which ask.js colours what is being typed until the answer comes.
GRAMMAR = (
    "anniversary in the next", "number of different", "days since first", "days since last", "in the last", "in the next", "may receive",
    "in segment", "of branch", "then no", "in list", "half of", "starts with", "is unknown", "number of", "at least", "is known",
    "at most", "exactly", "in silo", "no one", "not in", "everyone", "anything", "contains", "smallest", "largest", "average", "between",
    "before", "since", "where", "within", "bucket", "twice", "times", "time", "then", "did", "the", "sum", "for", "and", "in", "of",
)  # fmt: skip


def coloured(text: str) -> list[tuple[str, str]]:
    """(class, piece) in order; the pieces joined are the text."""
    pieces: list[tuple[str, str]] = []
    done = 0
    for start, end, kind in spans(text):
        if start > done:
            pieces.append(("", text[done:start]))
        pieces.append((_class(kind, text[start:end]), text[start:end]))
        done = end
    if done < len(text):
        pieces.append(("", text[done:]))
    return pieces


def _class(kind: str, piece: str) -> str:
    if kind == "operator":
        return f"k-{piece.split()[-1].lower()}"
    if kind == "name":
        return "k-s" if piece[0] in '"`' else ""
    return "k-k" if kind == "keyword" else ""
