"""Binance's dialect."""
