"""Ids follow from keys, and show whose they are."""

from __future__ import annotations

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.identity import cancel_id, client_order_id, is_ours, original_id
from tests.builders import IDENTITY, build_identity

tags = st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=4)
keys = st.text(max_size=50)


@given(tags, keys)
def test_an_id_fits_every_venue_and_is_known_as_ours(tag: str, key: str) -> None:
    """Letters and digits only, at most 32, the same for ever, recognised by its tag."""
    name = client_order_id(IDENTITY, tag, key)
    assert re.fullmatch(r"aug[a-z0-9]{1,29}", name)
    assert name == client_order_id(IDENTITY, tag, key)
    assert is_ours(name, tag)


@given(tags, keys)
def test_a_cancel_keeps_the_way_back(tag: str, key: str) -> None:
    """The id that our cancel gives is as long, differs, and leads back to the order's own."""
    name = client_order_id(IDENTITY, tag, key)
    assert cancel_id(name) != name
    assert len(cancel_id(name)) == len(name)
    assert original_id(cancel_id(name)) == name
    assert is_ours(cancel_id(name), tag)


@given(tags, tags, keys)
def test_another_installation_is_not_ours(tag: str, other: str, key: str) -> None:
    """Also where one tag begins another."""
    if tag != other:
        assert not is_ours(client_order_id(IDENTITY, tag, key), other)


@given(keys, keys)
def test_different_keys_and_accounts_give_different_ids(key: str, other: str) -> None:
    """Venue, account and market are part of the id."""
    name = client_order_id(IDENTITY, "a1", key)
    assert (name == client_order_id(IDENTITY, "a1", other)) == (key == other)
    for changes in ({"venue": "binance"}, {"uid": "7"}, {"market_type": "linear"}):
        assert client_order_id(build_identity(**changes), "a1", key) != name


@pytest.mark.parametrize("foreign", ["web_1", "android_x", "", None, "aug", "x-TKT5PX2F1"])
def test_foreign_ids_are_foreign(foreign: str | None) -> None:
    """Ids of apps and other tools are never taken for ours."""
    assert not is_ours(foreign, "a1")
