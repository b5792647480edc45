// Opens GraphiQL on the walk-through's first step, with the headers editor in view for the token it returns.
"use strict";

const walkThrough = `# 1. Sign up: run this, with an address of your own.
mutation {
  SignUpAndCreateProfile(
    name: "Bob"
    email: "bob@example.com"
    password: "Password@123"
    clientId: "123abc"
  ) {
    account { id }
    profile { name }
    token { access refresh }
  }
}

# 2. Put the access token into the headers below,
#    in place of <ACCESS TOKEN>. Then create a room:
#
# mutation {
#   CreateRoom(name: "Tea" type: group) {
#     information { id }
#   }
# }
#
# 3. Listen to it, in a tab of its own (with the same
#    headers), and leave it running:
#
# subscription {
#   roomEvents(roomId: "<ROOM ID>") {
#     type sequence senderId content
#   }
# }
#
#    Or to its frames, in the browser's console:
#
# ws = new WebSocket("ws://" + location.host
#   + "/?token=SuperDuperUser%20<ACCESS TOKEN>")
# ws.onmessage = (frame) => console.log(frame.data)
# ws.send(JSON.stringify({ type: "JOIN_ROOM",
#   payload: [{ name: "<ROOM ID>" }] }))
#
# 4. Say something, and see it arrive:
#
# mutation {
#   CreateMessage(roomId: "<ROOM ID>" content: "Hi!") {
#     id sequence
#   }
# }
`;

ReactDOM.createRoot(document.getElementById("graphiql")).render(
  React.createElement(
    GraphiQL,
    {
      // Subscriptions go over graphql-transport-ws; the headers below travel in connection_init.
      fetcher: GraphiQL.createFetcher({
        url: "/graphql",
        subscriptionUrl: location.origin.replace(/^http/, "ws") + "/graphql",
      }),
      defaultQuery: walkThrough,
      defaultEditorToolsVisibility: "headers",
      isHeadersEditorEnabled: true,
      defaultHeaders: JSON.stringify({ Authorization: "SuperDuperUser <ACCESS TOKEN>" }, null, 2),
      shouldPersistHeaders: false, // a token is nothing to leave behind in a browser's storage
    },
    React.createElement(GraphiQL.Logo, null, React.createElement("span", { className: "brand" }, "Veigo")),
  ),
);
