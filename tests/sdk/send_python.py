"""A shop's program that uses a Python SDK as its makers ship it. Prints the message ids it was given, and what the SDK gave up.

python send_python.py segment|rudder ADDRESS WRITE_KEY
"""

import json
import sys
import time
from importlib import import_module
from typing import Any

ROUNDS, FACTS_A_ROUND = 6, 60
MODULES = {"segment": "segment.analytics.client", "rudder": "rudderstack.analytics.client"}


def main(name: str, address: str, write_key: str) -> None:
    given_up: list[str] = []
    client = import_module(MODULES[name]).Client(
        write_key, host=address, timeout=2, on_error=lambda trouble, batch: given_up.append(f"{len(batch)} messages: {trouble}")
    )
    sent: list[Any] = [client.identify(f"{name}-{n}", {"email": f"{name}-{n}@example.com", "plan": "gold"}) for n in range(20)]
    for part in range(ROUNDS):
        sent += [client.track(f"{name}-{n % 20}", "Shelf Scanned", {"shelf": n, "round": part}) for n in range(FACTS_A_ROUND)]
        sent.append(client.page(f"{name}-0", category="Shop", name="Prices", properties={"round": part}))
        sent.append(client.screen(f"{name}-1", category="App", name="Start", properties={"round": part}))
        time.sleep(0.7)
    sent.append(client.group(f"{name}-2", "regulars", {"since": 2024}))
    sent.append(client.track(None, "Shelf Scanned", {"shelf": -1}, anonymous_id=f"{name}-visitor"))
    sent.append(client.alias(f"{name}-visitor", f"{name}-3"))
    client.flush()
    client.join()
    json.dump({"ids": [message["messageId"] for _, message in sent], "given_up": given_up}, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
