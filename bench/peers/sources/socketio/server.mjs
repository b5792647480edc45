// A chat server as Socket.IO's own examples have it, with what is said kept in PostgreSQL:
// a socket signs in and is in a room from then on, if it wants to listen; "send" inserts the message, then emits it to the room.
//
//   PORT=4391 TOKEN=secret DATABASE_URL=postgresql://… node server.mjs
//
// It is stripped of what costs and is not compared: no compression, no polling, no adapter for several servers.
import { Server } from "socket.io";
import pg from "pg";

const database = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 4 });
const insert = { name: "insert", text: "INSERT INTO messages (room, content) VALUES ($1, $2) RETURNING id" };

const io = new Server({ transports: ["websocket"], perMessageDeflate: false, serveClient: false });

io.use((socket, next) => next(socket.handshake.auth.token === process.env.TOKEN ? undefined : new Error("sign in")));

io.on("connection", (socket) => {
  const { room, listens } = socket.handshake.auth;
  if (listens) {
    socket.join(room);
    socket.emit("joined", room);
  }
  socket.on("send", async (content, acknowledge) => {
    const { rows } = await database.query({ ...insert, values: [room, content] });
    io.to(room).emit("message", { id: rows[0].id, room, content });
    acknowledge(rows[0].id);
  });
});

await database.query("SELECT 1"); // refuse to start without the database
const port = Number(process.env.PORT);
io.listen(port);
console.log(`listening on ${port}`);
