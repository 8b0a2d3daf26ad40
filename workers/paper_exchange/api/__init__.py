"""The wire: endpoints, security, limits, REST, the WebSocket API and the streams."""
