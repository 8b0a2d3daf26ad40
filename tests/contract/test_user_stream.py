"""Our user stream on real ccxt.pro: what arrives, what is lost, and how it is told."""

from __future__ import annotations

from engine.domain.order import OrderStatus
from tests.contract.stream_scene import Scene, with_stream
from tests.paper import PaperControl, PaperExchange


def test_an_order_from_its_placement_to_its_cancel(
    paper: PaperExchange, control: PaperControl
) -> None:
    """Each step arrives in order, the cancel with the id before and the id after."""

    async def scenario(scene: Scene) -> None:
        await scene.place("a")
        new = await scene.next_report()
        assert (new.client_order_id, new.status) == ("a", OrderStatus.ACCEPTED)
        assert (new.original_client_order_id, new.fills) == (None, ())
        await scene.tell(control.fill, "BTCUSDT", client_order_id="a", quantity="0.0005")
        traded = await scene.next_report()
        assert traded.status is OrderStatus.PARTIALLY_FILLED
        assert [str(fill.quantity) for fill in traded.fills] == ["0.00050000"]
        assert set((await scene.next()).assets) == {"BTC", "USDT"}
        replaced = await scene.tell(control.cancel, "BTCUSDT", client_order_id="a")
        ended = await scene.next_report()
        assert (ended.client_order_id, ended.original_client_order_id) == (replaced, "a")
        assert (ended.status, ended.fills) == (OrderStatus.CANCELED, ())

    with_stream(paper, scenario)
