"""The USDⓈ-M futures market: contracts, margin, positions, funding and liquidation."""
