"""What to do about a network failure, from the transport's own words for it. Plain rules."""

from typing import Final
from urllib.parse import urlsplit

from tracking.postbacks.addresses import is_loopback_name

# Words of `tracking.postbacks.transport`, and of OpenSSL within them; the first that is found counts.
_OF_THE_SHOP: Final = (
    ("circle", "Look at the rules for https, www and languages: two of them send each other's answer back."),
    ("redirects, and no page", "Lead the link to the page directly, or with one redirect."),
    ("cannot be resolved", "Check the host's spelling, and its DNS records (A, AAAA or CNAME)."),
    ("has expired", "Renew the certificate (with certbot: `certbot renew`) and reload the web server."),
    ("mismatch", "The certificate is for other names: get one that names {host} too, and reload the web server."),
    ("doesn't match", "The certificate is for other names: get one that names {host} too, and reload the web server."),
    (
        "self-signed",
        (
            "Browsers refuse it: get a certificate from a public authority. If this is a test set-up with an authority "
            "of your own, name its file in the environment: REQUESTS_CA_BUNDLE."
        ),
    ),
    (
        "unable to get local issuer",
        (
            "The server does not send the whole chain: serve fullchain.pem in place of cert.pem (nginx: "
            "ssl_certificate). If the authority is your own, name its file in the environment: REQUESTS_CA_BUNDLE."
        ),
    ),
    ("TLS with", "See that {host} serves https on port {port}, and its web server's error log."),
    ("refused the connection", "Nothing listens there: start the web server, or open port {port} on it."),
    ("took the connection", "The server behind it hangs, or port {port} speaks no {scheme}: see its log."),
    ("no connection to", "Check that the server runs, and that no firewall closes port {port} to shoppers."),
    ("no answer within", "The page takes too long: see the shop's log, and whether its processes are all busy."),
    ("not public", "Shoppers cannot reach that address: redirect to a public host, or mend its DNS record."),
)
_OF_ASPIRE: Final = (
    (
        "cannot be resolved",
        (
            "Check the host in the offer's postback URL against Aspire's Instructions, and this machine's DNS "
            "(/etc/resolv.conf)."
        ),
    ),
    (
        "TLS with",
        (
            "Check this machine's clock and its certificates (pip install --upgrade certifi); behind a proxy that "
            "opens TLS, name its authority's file in REQUESTS_CA_BUNDLE. If all is well here, tell Aspire."
        ),
    ),
    (
        "refused the connection",
        (
            "Check the host and port in the offer's postback URL; if they are Aspire's, let a firewall on the way pass "
            "{host}:{port}. What is owed waits and is sent again."
        ),
    ),
    ("not public", "Check this machine's DNS. Only if it is a host of yours, name it in TRACKING_POSTBACK_HOSTS."),
    (
        "",
        (
            "Let this machine open connections to {host}:{port} (firewall, security group), or name the proxy to use "
            "in HTTPS_PROXY. What is owed waits and is sent again."
        ),
    ),
)


def page_remedy(error: str, url: str) -> str:
    """What a merchant can do about a page of theirs that does not answer."""
    return _remedy(_OF_THE_SHOP, error, url) or "Open the address in a browser, and see the web server's error log."


def postback_remedy(error: str, url: str) -> str:
    """What a merchant can do about a postback host that is not reached."""
    if is_loopback_name(urlsplit(url).hostname or ""):
        return "Start what listens there (manage.py run_sandbox), or paste the postback URL that Aspire shows."
    return _remedy(_OF_ASPIRE, error, url)


def _remedy(table: tuple[tuple[str, str], ...], error: str, url: str) -> str:
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    found = next((remedy for words, remedy in table if words in error), "")
    return found.format(host=parts.hostname, port=port, scheme=parts.scheme)
