"""What customers do with their accounts, for the tests of them."""

import re
from typing import Any

from django.urls import reverse

from tests.store.conftest import Shopper


def post(shopper: Shopper, name: str, /, *args: object, follow: bool = True, **form: str) -> Any:
    return shopper.client.post(reverse(f"store:{name}", args=args), form, follow=follow)


def link_in(letter: Any) -> str:
    found = re.search(r"https://localhost:8000(/account/\S+)", letter.body)
    assert found, letter.body
    return found[1]
