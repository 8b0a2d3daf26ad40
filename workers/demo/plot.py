"""Draw equity and fills over time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.domain.fill import Fill, Side
from workers.demo.snapshot import Sample

#: A fill's mark by its side: form and colour, so that either is enough to read it.
MARKS = {Side.BUY: ("^", "#1a7f37"), Side.SELL: ("v", "#cf222e")}
LINE = "#57606a"
INK = "#24292f"
WIDTH_INCHES, PANEL_INCHES = 10.0, 2.0


def draw_plot(
    path: Path, samples: Sequence[Sample], fills: Sequence[Fill], *, title: str, quote: str
) -> None:
    """Write the picture (PNG or SVG by the name): equity on top, each market's fills below."""
    # Slow to import, and needed once at the end. The Figure alone: no window, no global state
    from matplotlib.figure import Figure

    symbols = sorted({fill.symbol for fill in fills})
    size = (WIDTH_INCHES, PANEL_INCHES * (len(symbols) + 1.4))
    figure = Figure(figsize=size, layout="constrained")
    ratios = [1.4] + [1.0] * len(symbols)
    axes = figure.subplots(len(symbols) + 1, 1, sharex=True, squeeze=False, height_ratios=ratios)
    begin_ms = samples[0].at_ms if samples else 0
    _draw_equity(axes[0][0], samples, begin_ms, quote)
    for axis, symbol in zip(axes[1:, 0], symbols, strict=True):
        own = [fill for fill in fills if fill.symbol == symbol]
        _draw_market(axis, symbol, samples, own, begin_ms)
    axes[0][0].set_title(title, loc="left", fontsize=11, color=INK)
    axes[-1][0].set_xlabel("seconds")
    figure.savefig(path, dpi=130)


def _draw_equity(axis: Any, samples: Sequence[Sample], begin_ms: int, quote: str) -> None:
    times = [_seconds(sample.at_ms, begin_ms) for sample in samples]
    values = [float(sample.equity) for sample in samples]
    axis.plot(times, values, color="#0969da", linewidth=1.6)
    if values:
        axis.axhline(values[0], color=LINE, linewidth=0.7, linestyle=":")
        axis.fill_between(times, values, values[0], color="#0969da", alpha=0.12)
    axis.set_ylabel(f"equity, {quote}")
    _tidy(axis)


def _draw_market(
    axis: Any, symbol: str, samples: Sequence[Sample], fills: Sequence[Fill], begin_ms: int
) -> None:
    priced = [sample for sample in samples if symbol in sample.prices]
    times = [_seconds(sample.at_ms, begin_ms) for sample in priced]
    axis.plot(times, [float(s.prices[symbol]) for s in priced], color=LINE, linewidth=1.0)
    for side, (form, colour) in MARKS.items():
        own = [fill for fill in fills if fill.side is side]
        axis.scatter(
            [_seconds(fill.executed_at_ms, begin_ms) for fill in own],
            [float(fill.price) for fill in own],
            marker=form,
            color=colour,
            s=26,
            zorder=3,
            label=f"{side.value} ({len(own)} fills)",
        )
    axis.set_ylabel(symbol)
    axis.legend(loc="best", fontsize=8, frameon=False)
    _tidy(axis)


def _tidy(axis: Any) -> None:
    axis.spines[["top", "right"]].set_visible(False)
    axis.grid(color="#d0d7de", linewidth=0.5)
    axis.ticklabel_format(axis="y", style="plain", useOffset=False)
    axis.tick_params(labelsize=8, colors=INK)


def _seconds(at_ms: int, begin_ms: int) -> float:
    return (at_ms - begin_ms) / 1000
