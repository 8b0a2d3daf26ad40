"""How long an exchange wants us to be quiet, and whether it blocks this address. Pure."""

from __future__ import annotations

from engine.exchange.raw_answer import RawAnswer, read_error

FORBIDDEN, IM_A_TEAPOT, TOO_MANY_REQUESTS = 403, 418, 429
#: How long to stay quiet when the exchange does not say, in seconds.
DEFAULT_PENALTY_S = {TOO_MANY_REQUESTS: 60, IM_A_TEAPOT: 120}
#: A firewall before the exchange does not say how long it blocks; asking on makes it longer.
FIREWALL_PENALTY_S = 60
#: An exchange bans for three days at most; a larger figure is a mistake.
LONGEST_PENALTY_S = 3 * 86_400


def penalty_ms(answer: RawAnswer) -> int:
    """Return how long the exchange wants us to be quiet; 0 when it did not complain of traffic."""
    default_s = DEFAULT_PENALTY_S.get(answer.status or 0)
    if is_firewall(answer):
        default_s = FIREWALL_PENALTY_S
    if default_s is None:
        return 0
    text = answer.headers.get("retry-after", "").strip()
    stated_s = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
    return min(stated_s or default_s, LONGEST_PENALTY_S) * 1_000


def is_firewall(answer: RawAnswer) -> bool:
    """Tell whether a firewall before the exchange refused: 403 without a word of its own."""
    return answer.status == FORBIDDEN and read_error(answer) is None


def is_ban(answer: RawAnswer) -> bool:
    """Tell whether this address is blocked, and not only asked to slow down."""
    return answer.status == IM_A_TEAPOT or is_firewall(answer)
