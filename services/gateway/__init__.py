"""The front door: GraphQL over HTTP, and the WebSocket relayed to realtime."""
