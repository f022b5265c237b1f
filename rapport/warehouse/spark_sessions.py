"""Apache Spark and Sail: which one RAPPORT_ENGINE names, what it lacks here, and this process's one session with it."""

import os
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.conf import settings

from rapport.lib.refusals import Refusal

DUCKDB = "duckdb"
LOCAL = "local"
REACH_SECONDS_MAX = 3.0
PACKAGES = {"spark": ("pyspark",), "sail": ("pyspark", "pysail", "grpc", "grpc_status", "google.rpc")}
IN_THIS_PROCESS = {"spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false", "spark.sql.catalogImplementation": "in-memory"}
AS_DUCKDB = {  # what makes its answers those of DuckDB
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",  # what does not fit is an error and not unknown
    "spark.sql.decimalOperations.allowPrecisionLoss": "false",
    "spark.sql.caseSensitive": "false",  # as the lake's columns are
}


class EngineFailed(Refusal):
    """The engine was reached and could not answer."""

    code = "engine_failed"


@dataclass(frozen=True)
class Place:
    """What RAPPORT_ENGINE says: the engine, and `local`, `local[N]` or `host:port`."""

    kind: str
    where: str = ""

    @property
    def is_local(self) -> bool:
        return self.where.split("[")[0] == LOCAL

    @property
    def address(self) -> tuple[str, int]:
        host, _, port = self.where.rpartition(":")
        if not host or not port.isdecimal():
            raise Refusal(f'RAPPORT_ENGINE is "{self.kind}://{self.where}", which names no host and port.', mend=_mend())
        return host.strip("[]"), int(port)


def place(text: str) -> Place:
    """Read RAPPORT_ENGINE; refused where it is none of its forms."""
    kind, _, where = text.partition("://")
    if text == DUCKDB:
        return Place(DUCKDB)
    found = Place(kind, where)
    if kind not in PACKAGES or (found.is_local and kind == "sail" and where != LOCAL):
        raise Refusal(f'RAPPORT_ENGINE is "{text}", which is no engine.', mend=_mend())
    if not found.is_local:
        assert found.address
    return found


def check_reachable(found: Place) -> None:
    """Refuse what cannot work here: a missing package, no Java, a server that does not answer."""
    if found.kind == DUCKDB:
        return
    if missing := [name for name in PACKAGES[found.kind] if not _is_installed(name)]:
        raise Refusal(f"RAPPORT_ENGINE names {found.kind}, and its packages are not installed: {', '.join(missing)}.", mend=INSTALL)
    if found.kind == "spark" and not _java():
        raise Refusal("RAPPORT_ENGINE names spark, and there is no Java here.", mend="Install Java 17 (Debian: openjdk-17-jre-headless).")
    if not found.is_local:
        try:
            socket.create_connection(found.address, timeout=REACH_SECONDS_MAX).close()
        except OSError as trouble:
            raise Refusal(
                f"RAPPORT_ENGINE is {found.kind}://{found.where}, and nobody answers there: {trouble}.",
                mend="Start that server, or set RAPPORT_ENGINE=duckdb.",
            ) from trouble


INSTALL = "Install Rapport with them: pip install 'rapport[spark]'."


def _mend() -> str:
    return "Say duckdb, spark://local[2], spark://host:7077, sail://local or sail://host:50051."


def _is_installed(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ModuleNotFoundError:
        return False


def _java() -> bool:
    home = os.environ.get("JAVA_HOME")
    return Path(home, "bin", "java").exists() if home else shutil.which("java") is not None


# The session


_gate = threading.RLock()  # what fails while a session is made forgets it
_sessions: dict[tuple[int, Place], tuple[Any, Any]] = {}  # by process and place: the session, and what must live as long


def session(at: Place) -> Any:
    """The process's session there; it starts Spark or Sail where nobody has yet."""
    key = (os.getpid(), at)
    with _gate:
        if key not in _sessions:
            check_reachable(at)
            with plain_words(at):
                _sessions[key] = _spark(at) if at.kind == "spark" else _sail(at)
        return _sessions[key][0]


def forget(at: Place) -> None:
    """After trouble the next question opens a session of its own; questions still running keep theirs."""
    with _gate:
        _sessions.pop((os.getpid(), at), None)


def _spark(at: Place) -> tuple[Any, Any]:
    """A driver in this process. Everything else about a cluster stands in Spark's own spark-defaults.conf."""
    from pyspark.sql import SparkSession  # noqa: PLC0415  not installed where nobody asks Spark

    folder = Path(settings.LAKE_DIR) / "spill" / "spark"
    builder = SparkSession.builder.appName("Rapport").master(at.where if at.is_local else f"spark://{at.where}")
    builder = builder.config(map=IN_THIS_PROCESS | AS_DUCKDB | {"spark.sql.warehouse.dir": str(folder)})
    if at.is_local:  # by default 200 parts, which is for a cluster
        builder = builder.config("spark.sql.shuffle.partitions", os.cpu_count() or 1)
    made = builder.getOrCreate()
    made.sparkContext.setLogLevel("ERROR")
    return made, None


def _sail(at: Place) -> tuple[Any, Any]:
    """A client of Sail's server, which for `local` is one in this process."""
    os.environ.setdefault("RUST_LOG", "warn")
    from pysail.spark import SparkConnectServer  # noqa: PLC0415  not installed where nobody asks Sail
    from pyspark.sql.connect.session import SparkSession  # noqa: PLC0415

    server, (host, port) = None, (LOCAL, 0) if at.is_local else at.address
    if at.is_local:
        server = SparkConnectServer()
        server.start(background=True)
        host, port = server.listening_address
    made = SparkSession.builder.remote(f"sc://{host}:{port}").create()
    for name, value in AS_DUCKDB.items():
        made.conf.set(name, value)
    return made, server


@contextmanager
def plain_words(at: Place) -> Iterator[None]:
    """What Spark, Java or the wire says is put as a refusal, and the session is not used again."""
    import grpc  # noqa: PLC0415  not installed where nobody asks them
    from py4j.protocol import Py4JError  # noqa: PLC0415
    from pyspark.errors import PySparkException  # noqa: PLC0415

    try:
        yield
    except (PySparkException, Py4JError, grpc.RpcError, OSError) as trouble:
        forget(at)
        words = next((line.strip() for line in str(trouble).splitlines() if line.strip()), type(trouble).__name__)
        raise EngineFailed(
            f"{at.kind}://{at.where} could not answer: {words}", mend="See that it runs and that its machines reach the lake's folder."
        ) from trouble
