"""Whether a mail address can be written to."""

import re

ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[^\s@<>,;:\"()\[\]\\]{1,190}\.[^\s@<>,;:\"()\[\]\\.]{2,63}", re.ASCII)


def usable(address: str) -> str:
    """The address in ASCII, as SMTP without extensions takes it; "" where there is none in it."""
    local, _, domain = address.strip().rpartition("@")
    try:
        written = f"{local}@{domain.encode('idna').decode('ascii')}" if local else ""
    except UnicodeError:
        return ""
    return written if len(written) <= 254 and ADDRESS.fullmatch(written) and ".." not in written else ""
