"""One object is one user of the stack, who reaches it only by the doors every user has: GraphQL and a WebSocket."""
