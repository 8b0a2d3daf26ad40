"""A wire cuts streams where messages end, or the count of messages means nothing."""

from __future__ import annotations

from io import BytesIO

from hypothesis import given
from hypothesis import strategies as st

from tests.crash_points.wires import describe_command, describe_request
from tests.lockstep import read_http, read_redis

BODIES = st.binary(max_size=40)
COMMANDS = st.lists(BODIES, min_size=1, max_size=4)


def command(words: list[bytes]) -> bytes:
    packed = (b"$%d\r\n%b\r\n" % (len(word), word) for word in words)
    return b"*%d\r\n%b" % (len(words), b"".join(packed))


def sized(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


def chunked(body: bytes) -> bytes:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
    return head + chunk + b"0\r\n\r\n"


@given(st.lists(COMMANDS, max_size=4))
def test_commands_are_read_one_by_one(sent: list[list[bytes]]) -> None:
    """What was sent in one go comes out message by message, and then nothing."""
    messages = [command(words) for words in sent]
    stream = BytesIO(b"".join(messages))
    assert [read_redis(stream) for _ in messages] == messages
    assert read_redis(stream) == b""


@given(st.lists(st.builds(sized, BODIES) | st.builds(chunked, BODIES), max_size=4))
def test_answers_are_read_one_by_one(messages: list[bytes]) -> None:
    """By their length, or by their chunks."""
    stream = BytesIO(b"".join(messages))
    assert [read_http(stream) for _ in messages] == messages
    assert read_http(stream) == b""


def test_messages_have_the_names_that_a_person_knows() -> None:
    """Questions carry no body, commands may be of one word."""
    request = b"GET /api/v3/order?symbol=BTCUSDT HTTP/1.1\r\nHost: here\r\n\r\n"
    assert read_http(BytesIO(request + b"more")) == request
    assert describe_request(request) == "GET /api/v3/order"
    assert describe_command(command([b"ping"])) == "PING"
