"""Whether a port is free, and what a browser on this machine calls it: asked before long work, and again before listening."""

import ipaddress
import socket

from rapport.lib.refusals import Refusal


def refuse_taken_port(host: str, port: int) -> None:
    """The web server would share its port with its own kind, so a second one would not notice: ask without sharing."""
    if not 0 < port < 65_536:
        raise Refusal(f"There is no port {port}.", mend="Choose one from 1 to 65535.", port=port)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as trouble:
            raise Refusal(
                f"{address(host, port)} cannot be listened at: {trouble.strerror}.",
                mend="Stop what listens there, or choose another port by --port.",
                port=port,
            ) from trouble


def address(host: str, port: int) -> str:
    """Where a browser on this machine finds it."""
    if host == "127.0.0.1" or is_any(host):
        return f"http://localhost:{port}"
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def is_any(host: str) -> bool:
    """Whether this means every network of the machine."""
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:  # a name
        return False
