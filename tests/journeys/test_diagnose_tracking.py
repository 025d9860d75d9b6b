"""`diagnose_tracking` as a merchant runs it: a real shop, with a real nginx in front that is set up wrongly."""

import datetime
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme

from tests.nginx import free_ports, nginx, wait_for
from tests.tracking.terminal import ROOT, Ended, run_manage

pytestmark = pytest.mark.journey

CACHE = "proxy_cache pages; proxy_cache_valid 200 10m;"
CACHE_ALL = f"{CACHE} proxy_ignore_headers Cache-Control Expires Set-Cookie Vary;"

# What each front does with a request, by name. {shop} is the shop itself, {here} the front.
FRONTS = {
    "well": "proxy_pass http://{shop};",
    "drops the query": "return 301 http://{shop}$uri;",
    "keeps the query": "return 301 http://{shop}$request_uri;",
    "asks to log in": "if ($uri != /login/) {{ return 302 /login/?next=$request_uri; }} return 200 login;",
    "leads in a circle": "return 302 http://{here}$request_uri;",
    "caches pages without the script": f"proxy_pass http://{{shop}}; {CACHE} proxy_cache_key $server_port$uri; "
    'proxy_set_header Accept-Encoding ""; sub_filter tracking/capture.js tracking/other.js;',
    "caches pages": f"proxy_pass http://{{shop}}; {CACHE} proxy_cache_key $server_port$uri;",
    "caches all by address": f"proxy_pass http://{{shop}}; {CACHE_ALL} proxy_cache_key $server_port$request_uri;",
    "caches all by path": f"proxy_pass http://{{shop}}; {CACHE_ALL} proxy_cache_key $server_port$uri;",
    "strips cookies": "proxy_pass http://{shop}; proxy_hide_header Set-Cookie;",
    "rewrites flags": "proxy_pass http://{shop}; proxy_cookie_flags ~ nohttponly; proxy_cookie_path / /shop/deep/;",
    "says public": 'proxy_pass http://{shop}; proxy_hide_header Cache-Control; add_header Cache-Control "public";',
    "has no middleware": "proxy_pass http://{bare};",
    "has two keys": "proxy_pass http://both;",
    "has no shop behind": "proxy_pass http://{nobody};",
}
TLS_FRONTS = {
    "tls": "proxy_pass http://{shop}; proxy_set_header X-Forwarded-Proto https;",
    "tls unknown to the shop": "proxy_pass http://{shop};",
    "tls expired": "proxy_pass http://{shop};",
    "tls of another name": "proxy_pass http://{shop};",
}

WITHOUT_MIDDLEWARE = """
from tests.settings import *
MIDDLEWARE = [name for name in MIDDLEWARE if "AffiliateMiddleware" not in name]
"""


@dataclass(frozen=True)
class Street:
    """The shops, and the addresses of the fronts by name."""

    database: Path
    authority: Path
    fronts: dict[str, str]

    def diagnose(self, front: str, path: str = "/shop/?affiliate_id=1", *options: str, **environment: str) -> Ended:
        """Run the command against a landing behind that front."""
        return run_manage(
            "diagnose_tracking",
            "--url",
            f"{self.fronts[front]}{path}",
            *options,
            database=self.database,
            REQUESTS_CA_BUNDLE=str(self.authority),
            NO_PROXY="*",
            **environment,
        )


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    folder = tmp_path_factory.mktemp("street")
    database = folder / "shop.sqlite3"
    assert run_manage("migrate", "--verbosity=0", database=database).status == 0
    url = "http://127.0.0.1:9/aff_lsr?offer_id=12345&aff_id=AFFILIATE_ID&amount=AMOUNT&adv_unique1=ORDER_ID"
    offer = ("set_offer", "--offer-id", "12345", "--default", "--postback-url", url)
    assert run_manage(*offer, database=database).status == 0
    (folder / "bare_settings.py").write_text(WITHOUT_MIDDLEWARE)
    names = [*FRONTS, *TLS_FRONTS]
    shop, other, bare, nobody, *ports = free_ports(4 + len(names))
    certificates = _certificates(folder)
    at = {"shop": f"127.0.0.1:{shop}", "bare": f"127.0.0.1:{bare}", "nobody": f"127.0.0.1:{nobody}"}
    servers = [f"upstream both {{ server 127.0.0.1:{shop}; server 127.0.0.1:{other}; }} proxy_set_header Host $host;"]
    statics = f"location /static/ {{ alias {ROOT}/tracking/static/; }}"
    for name, port in zip(names, ports, strict=True):
        does = {**FRONTS, **TLS_FRONTS}[name].format(here=f"127.0.0.1:{port}", **at)
        file = certificates.get(name)
        tls = f" ssl; ssl_certificate {file}; ssl_certificate_key {file}" if file else ""
        servers.append(f"server {{ listen 127.0.0.1:{port}{tls}; {statics} location / {{ {does} }} }}")
    with ExitStack() as open_shops:
        open_shops.enter_context(nginx(folder / "nginx", "\n".join(servers), port=ports[0]))
        for port, environment in (
            (shop, {}),
            (other, {"SECRET_KEY": "another-key-" + "k" * 50}),
            (bare, {"DJANGO_SETTINGS_MODULE": "bare_settings"}),
        ):
            open_shops.callback(_stop, _open_shop(port, folder, database, environment))
        addresses = {
            name: f"{'https' if name in TLS_FRONTS else 'http'}://127.0.0.1:{port}"
            for name, port in zip(names, ports, strict=True)
        }
        yield Street(database, folder / "authority.pem", addresses)


def _certificates(folder: Path) -> dict[str, Path]:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "authority.pem")
    past = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    issued = {
        "good": authority.issue_cert("127.0.0.1"),
        "expired": authority.issue_cert("127.0.0.1", not_before=past, not_after=past + datetime.timedelta(days=90)),
        "other": authority.issue_cert("other.example"),
    }
    for name, certificate in issued.items():
        certificate.private_key_and_cert_chain_pem.write_to_path(folder / f"{name}.pem")
    of_front = {"tls expired": "expired", "tls of another name": "other"}
    return {name: folder / f"{of_front.get(name, 'good')}.pem" for name in TLS_FRONTS}


def _open_shop(port: int, folder: Path, database: Path, environment: dict[str, str]) -> "subprocess.Popen[bytes]":
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}", "--no-control-socket"],
        cwd=ROOT,
        env={
            **os.environ,
            "DATABASE_URL": f"sqlite:///{database}",
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "PYTHONPATH": str(folder),
            **environment,
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_for(port, process)
    return process


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    process.wait(20)


def told(ended: Ended, check: str) -> str:
    """The lines of one check, as one text."""
    told: list[str] = []
    is_ours = False
    for line in ended.out.splitlines():
        if line[:1].strip():
            is_ours = line[9:].startswith(f"{check} ")
        if is_ours:
            told.append(line.strip())
    return " ".join(" ".join(told).split())


def test_a_landing_that_is_in_order_has_no_fault(street: Street) -> None:
    ended = street.diagnose("tls")
    landing = ended.out[ended.out.index("Redirects") :]
    assert "fault" not in landing
    assert "warning" not in landing
    assert told(ended, "Cookie flags").startswith("ok Cookie flags Secure, HttpOnly, SameSite=Lax, for 127.0.0.1 alone")
    assert "the session in the store holds the click as well" in told(ended, "Second page")
    assert "each was given a cookie of their own" in told(ended, "Cached copies")


def test_the_only_fault_decides_the_exit_status(street: Street) -> None:
    ended = street.diagnose("well")
    assert (ended.status, ended.err.strip()) == (1, "CommandError: 1 fault (Postback host), 3 warnings.")


@pytest.mark.parametrize(
    ("front", "check", "evidence", "remedy"),
    [
        ("drops the query", "Redirects", "drops affiliate_id (answered by nginx", "$request_uri"),
        ("asks to log in", "Redirects", "hides affiliate_id inside its parameter next", "without an account"),
        ("leads in a circle", "Landing", "lead in a circle", "https, www and languages"),
        ("has no shop behind", "Landing", "answers 502", "start the shop's processes"),
        ("caches pages without the script", "Cached copies", "6 of them were given no cookie", "capture script"),
        ("caches all by address", "Shared cookies", "the same sessionid", "proxy_ignore_headers"),
        ("caches all by path", "Shared cookies", "was given the click cookie of 1", "proxy_ignore_headers"),
        ("strips cookies", "Click", "takes Set-Cookie away", "proxy_hide_header"),
        ("rewrites flags", "Cookie flags", "lacks HttpOnly", "proxy_cookie_flags"),
        ("rewrites flags", "Second page", "is not sent to", "its path has to be /"),
        ("says public", "Cache headers", "Cache-Control: public", "stop what overwrites that"),
        ("has no middleware", "Click", "the shop did not capture it", "past every proxy"),
        ("has two keys", "SECRET_KEY", "do not share one SECRET_KEY", "the same SECRET_KEY"),
        ("tls unknown to the shop", "Cookie flags", "lacks Secure on an https page", "SECURE_PROXY_SSL_HEADER"),
        ("tls expired", "Landing", "certificate has expired", "Renew the certificate"),
        ("tls of another name", "Landing", "mismatch", "names 127.0.0.1 too"),
    ],
)
def test_a_fault_on_the_way_is_named_with_what_to_do(
    street: Street, front: str, check: str, evidence: str, remedy: str
) -> None:
    ended = street.diagnose(front)
    assert ended.status == 1
    found = told(ended, check)
    assert found.startswith("fault")
    assert evidence in found
    assert remedy in found.partition("→")[2]


def test_a_cached_page_with_the_capture_script_is_in_order(street: Street) -> None:
    ended = street.diagnose("caches pages")
    assert "/tracking/capture sets the cookie that it asks for" in told(ended, "Capture script")
    assert "6 were given no cookie; the capture script mends that" in told(ended, "Cached copies")


def test_a_redirect_that_carries_the_query_on_is_no_fault(street: Street) -> None:
    assert told(street.diagnose("keeps the query"), "Redirects").startswith("ok Redirects 1, none drops the parameter")


def test_what_follows_a_redirect_that_drops_the_id_is_checked_as_if_it_were_mended(street: Street) -> None:
    ended = street.diagnose("drops the query")
    assert "as if every redirect led there with the parameter" in told(ended, "Landing")
    assert told(ended, "Click").startswith("ok")


def test_another_key_than_the_shop_has_is_told(street: Street) -> None:
    ended = street.diagnose("well", SECRET_KEY="a-key-of-the-cron-job-" + "k" * 40)
    assert "with the environment of the web processes" in told(ended, "SECRET_KEY")


def test_another_database_than_the_shop_has_is_told(street: Street, tmp_path: Path) -> None:
    other = tmp_path / "other.sqlite3"
    assert run_manage("migrate", "--verbosity=0", database=other).status == 0
    ended = run_manage("diagnose_tracking", "--url", f"{street.fronts['well']}/?affiliate_id=1", database=other)
    assert "not in the store that this command reads" in told(ended, "Second page")


def test_the_slash_that_django_adds_costs_nothing(street: Street) -> None:
    ended = street.diagnose("well", "/shop?affiliate_id=1")
    assert told(ended, "Redirects").startswith("ok Redirects 1,")
    assert told(ended, "Click").startswith("ok")


def test_a_link_without_an_id_is_told(street: Street) -> None:
    assert "No address on the way carries affiliate_id" in told(street.diagnose("well", "/shop/"), "Landing")


def test_a_page_that_is_not_there_is_told(street: Street) -> None:
    assert "answers 404: shoppers see no page" in told(street.diagnose("well", "/gone/?affiliate_id=1"), "Landing")


def test_a_database_without_tables_is_one_fault(tmp_path: Path) -> None:
    ended = run_manage("diagnose_tracking", database=tmp_path / "empty.sqlite3")
    assert ended.status == 1
    assert "Migrations are missing" in told(ended, "Database")
    assert "Not checked: it needs the database." in told(ended, "All else")
    assert ended.err.strip() == "CommandError: 1 fault (Database), 1 warning."
