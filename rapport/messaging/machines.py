"""Stub until the real one comes."""


def is_machine(agent: str, method: str) -> bool:
    return method == "HEAD" or "bot" in agent.lower()
