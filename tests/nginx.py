"""A real nginx in front of a shop, with the configuration of a test."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

HEAD = """
daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
events {{}}
http {{
access_log off;
client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
proxy_cache_path {folder}/cache keys_zone=pages:1m;
"""


def free_ports(count: int) -> list[int]:
    """So many ports that nobody listens on."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    """Come back once the process takes connections; fail when it ends before."""
    while process.poll() is None:
        with socket.socket() as probe:
            probe.settimeout(0.05)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        try:
            process.wait(0.05)
        except subprocess.TimeoutExpired:
            continue
    pytest.fail(f"Nothing came up on port {port}: the process ended with {process.returncode}.")


@contextmanager
def nginx(folder: Path, servers: str, *, port: int) -> Iterator[None]:
    """Serve with `servers` (text of the http block) while the `with` block lasts; `port` is one that they listen on."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if program is None:
        if os.environ.get("REQUIRE_SERVICES") == "1":
            pytest.fail("nginx is not installed")
        pytest.skip("nginx is not installed")
    folder.mkdir(parents=True, exist_ok=True)
    configuration = folder / "nginx.conf"
    # Started by root its processes would be nobody's, who may not enter a test's folder.
    user = "user root;" if os.geteuid() == 0 else ""
    configuration.write_text(f"{user}{HEAD.format(folder=folder)}\n{servers}\n}}\n")
    process = subprocess.Popen(
        [program, "-e", str(folder / "error.log"), "-c", str(configuration)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(port, process)
        yield
    finally:
        process.terminate()
        process.wait(10)
