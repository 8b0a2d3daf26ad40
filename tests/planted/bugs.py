"""The bugs that are planted, each with what it would do to somebody's money. Data.

Each is a patch of the same name in `patches/`.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.planted.finders import CRASH_POINTS, SIMULATION, Finder


@dataclass(frozen=True, kw_only=True)
class Trail:
    """A finder that must find the bug, and by which words of its own one knows that it did."""

    finder: Finder
    says: tuple[str, ...]  # One of them begins or names the violation
    options: tuple[str, ...] = ()
    #: The options with which nothing else that goes wrong ends the hunt early.
    ends: tuple[str, ...] = ()

    def recognises(self, violation: str) -> bool:
        return any(words in violation for words in self.says)


@dataclass(frozen=True, kw_only=True)
class Bug:
    """One defect that the product must not have."""

    name: str
    #: What the product does then.
    does: str
    trails: tuple[Trail, ...]


def simulated(*kinds: str) -> Trail:
    """Return the trail through simulated worlds, which must end in one of these violations."""
    ends = tuple(word for kind in kinds for word in ("--until", kind))
    return Trail(finder=SIMULATION, says=tuple(f"{kind}:" for kind in kinds), ends=ends)


def struck(life: str, *words: str) -> Trail:
    """Return the trail along the points of one life, at each of which a worker is killed."""
    return Trail(finder=CRASH_POINTS, says=words, options=("--life", life, "--variation", "killed"))


BUGS = (
    Bug(
        name="claim-without-cas",
        does="two workers with the same message both claim the order, and both send it",
        trails=(simulated("DUPLICATE", "SENT_UNCLAIMED"),),
    ),
    Bug(
        name="claim-without-epoch",
        does="an order whose claim a restarted store has lost is claimed and sent again",
        trails=(simulated("DUPLICATE", "SENT_AFTER_END"),),
    ),
    Bug(
        name="resend-without-resolve",
        does="a message that comes again sends an order in doubt again",
        trails=(simulated("DUPLICATE"),),
    ),
    Bug(
        name="unclear-answer-sent-again",
        does="an order is sent again after an answer that says nothing",
        trails=(simulated("DUPLICATE", "SENT_UNCLAIMED", "BURIED"),),
    ),
    Bug(
        name="unclear-answer-taken-for-a-rejection",
        does="an order ends as rejected by an answer that says nothing, and stands",
        trails=(simulated("BURIED", "CONTRADICTED"), struck("doubt found", "was called")),
    ),
    Bug(
        name="unclear-claim-sent",
        does="a claim whose reply was lost is believed, written or not",
        trails=(simulated("SENT_UNCLAIMED", "DUPLICATE"),),
    ),
    Bug(
        name="duplicate-refusal-taken-for-a-rejection",
        does="the proof that an order exists ends it as rejected",
        trails=(simulated("BURIED", "CONTRADICTED"),),
    ),
    Bug(
        name="sent-before-the-claim",
        does="an order is sent before it is written down that it was",
        trails=(simulated("SENT_UNCLAIMED", "DUPLICATE"),),
    ),
    Bug(
        name="timestamp-taken-at-send",
        does="a worker that slept sends an order that its window no longer fences",
        trails=(simulated("SENT_AFTER_END", "CONTRADICTED"),),
    ),
    Bug(
        name="not-placed-before-the-window-ends",
        does="an order that is still on its way is called not placed",
        trails=(simulated("SENT_AFTER_END", "BURIED", "CONTRADICTED"),),
    ),
    Bug(
        name="not-placed-by-an-old-absence",
        does="an absence from before the end of the window counts after it",
        trails=(simulated("SENT_AFTER_END", "BURIED", "CONTRADICTED"),),
    ),
    Bug(
        name="trade-ids-not-deduplicated",
        does="the ledger books a trade each time that it is told",
        trails=(simulated("BOOKED_TWICE", "LEDGER", "NEVER_SETTLED"),),
    ),
    Bug(
        name="funding-not-booked",
        does="what a position of contracts pays or gets for funding is nobody's profit",
        trails=(simulated("DIFFERENCES", "PROFIT", "UNEXPLAINED"),),
    ),
    Bug(
        name="fills-of-an-order-not-deduplicated",
        does="an order counts a trade each time that it is told",
        trails=(simulated("FILLS", "FILLED", "NEVER_SETTLED"),),
    ),
    Bug(
        name="fold-cursor-by-trade-id",
        does="a trade that arrives after a younger one never reaches the position",
        trails=(simulated("POSITIONS"),),
    ),
    Bug(
        name="terminal-status-not-sticky",
        does="old news opens an order that has ended",
        trails=(simulated("WENT_BACK"),),
    ),
    Bug(
        name="absence-ends-an-open-order",
        does="an order that the exchange does not show for a moment counts as gone",
        trails=(simulated("UNCOUNTED", "STATUS"),),
    ),
    Bug(
        name="commit-without-cas",
        does="of two changes of an order at once, one is lost",
        trails=(simulated("WENT_BACK", "BURIED", "FILLS"),),
    ),
    Bug(
        name="halt-read-outside-the-claim",
        does="an order is claimed after the halt has answered",
        trails=(simulated("CLAIMED_WHILE_HALTED"),),
    ),
    Bug(
        name="outbox-never-republished",
        does="a completion whose message was lost never happens",
        trails=(simulated("OUTBOX", "NEVER_SETTLED"),),
    ),
    Bug(
        name="outbox-done-too-early",
        does="a completion counts as done when its message is sent",
        trails=(simulated("DONE_TOO_EARLY"),),
    ),
    Bug(
        name="reservation-freed-before-the-fold",
        does="between trade and position an order counts as nothing",
        trails=(simulated("UNCOUNTED"),),
    ),
    Bug(
        name="reservation-freed-before-the-booking",
        does="between the report of a fill and its trade an order counts as nothing",
        trails=(simulated("UNCOUNTED"),),
    ),
    Bug(
        name="reservation-kept-for-ever",
        does="an order that has ended goes on holding funds",
        trails=(simulated("RESERVATION"),),
    ),
    Bug(
        name="replayed-script-answers-differently",
        does="a commit that reaches the store twice says that it failed",
        trails=(simulated("REPLAY"),),
    ),
    Bug(
        name="settled-by-status-alone",
        does="an order counts as done while trades of it are missing",
        trails=(simulated("SETTLED_EARLY"),),
    ),
    Bug(
        name="unsent-order-never-due",
        does="an order whose message was lost is never sent, and never ends",
        trails=(simulated("NEVER_SETTLED", "UNEXPLAINED_END"),),
    ),
    Bug(
        name="wish-to-cancel-lost-in-doubt",
        does="a cancel that came during a doubt is forgotten when the order is found",
        trails=(simulated("WISH_LOST"),),
    ),
    Bug(
        name="rival-never-ended",
        does="of two orders of which one cancels the other, both stand after the first trade",
        trails=(simulated("PAIR_STANDS"),),
    ),
    Bug(
        name="excess-of-rivals-not-told",
        does="what two rivals traded beyond the wish is told to nobody",
        trails=(simulated("EXCESS"),),
    ),
    Bug(
        name="shared-hold-freed-with-the-first",
        does="what is left of one order of a pair counts for nothing when the other has ended",
        trails=(simulated("UNCOUNTED"),),
    ),
    Bug(
        name="stop-of-a-contract-not-placed-again",
        does="a stop that ended or grew too small is not placed anew, and the position is bare",
        trails=(simulated("UNPROTECTED"),),
    ),
    Bug(
        name="legs-outlive-a-contract-position",
        does="stop and target go on standing when their position is gone",
        trails=(simulated("OUTLIVING"),),
    ),
)
