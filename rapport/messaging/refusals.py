"""Stub until the real one comes."""


def of_answer(code: int, text: str, *, stage: str = "RCPT") -> tuple[str, str]:
    return ("hard" if "5.1.1" in text else "soft"), "x"
