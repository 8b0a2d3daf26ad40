"""Addresses of Redis survive being read, moved and written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config import parse_address

WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12)


@given(
    st.sampled_from(["redis", "rediss", "sentinel"]), WORDS, st.integers(0, 99), st.integers(0, 9)
)
def test_an_address_survives_writing_and_reading(scheme: str, word: str, database: int, more: int):
    """Every user name, password and database comes back, also after moving on."""
    master = "?master=m" if scheme == "sentinel" else ""
    plain = parse_address(f"{scheme}://h:1/{database}{master}")
    address = plain.__class__(**{**vars(plain), "username": word, "password": word}).moved(more)

    assert parse_address(address.url) == address
    assert address.database == database + more
    assert parse_address(address.public_url).password == ""


@pytest.mark.parametrize(
    ("url", "celery"),
    [
        ("redis://:p%2Fw@h:7", "redis://:p%2Fw@h:7/0"),
        ("redis://[::1]:7/3", "redis://[::1]:7/3"),
        ("rediss://h/1", "rediss://h:6379/1?ssl_cert_reqs=required"),
        ("rediss://h/1?ssl_cert_reqs=none", "rediss://h:6379/1?ssl_cert_reqs=none"),
        ("unix:///run/r.sock?db=2", "redis+socket:///run/r.sock?virtual_host=2"),
        (
            "sentinel://:p@a:1,b/2?master=m",
            "sentinel://:p@a:1/2;sentinel://:p@b:26379/2",
        ),
    ],
)
def test_celery_reads_the_address_too(url: str, celery: str):
    """Each form becomes the one that Celery's broker knows."""
    assert parse_address(url).celery_url() == celery


@pytest.mark.parametrize(
    "url",
    [
        "", "h:1", "redis://", "redis://h:0x1/0", "redis://h:99999/0", "redis://h/db",
        "redis://h/-1", "redis://h/99999", "redis://a,b/0", "sentinel://a/0", "unix://", "redis://[::/0",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(url: str):
    """A wrong address is refused with a reason, before anything connects."""
    with pytest.raises(ValueError, match=r"\w+ \w+"):
        parse_address(url)
