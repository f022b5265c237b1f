"""The refusals of mail: a template that cannot be kept, a mailing that may not start."""

from typing import Any

from rapport.lib.refusals import Refusal


class TemplateError(Refusal):
    """A template that cannot be read, or names what is not there. `part` is subject, mjml or text."""

    code = "template_refused"

    def __init__(self, part: str, trouble: str, *, mend: str = "", line: int = 0, column: int = 0, **facts: Any) -> None:
        where = f"{PARTS[part]}, line {line}, column {column}: " if line else f"{PARTS[part]}: "
        self.part, self.trouble, self.line, self.column = part, trouble, line, column
        super().__init__(where + trouble, mend=mend, field=part, **({"line": line, "column": column} if line else {}), **facts)


class NameTaken(Refusal):
    """Another template has this name already."""

    code = "name_taken"

    def __init__(self, name: str) -> None:
        super().__init__(f'Another template is called "{name}" already.', mend="Choose another name.", field="name", name=name)


PARTS = {"subject": "Subject", "mjml": "Body", "text": "Text part"}
