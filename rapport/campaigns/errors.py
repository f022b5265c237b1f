"""The refusals of campaigns."""

from rapport.lib.refusals import Refusal


class NameTaken(Refusal):
    """Another campaign has this name already."""

    code = "name_taken"

    def __init__(self, name: str) -> None:
        super().__init__(f'Another campaign is called "{name}".', mend="Choose another name.", field="name", name=name)
