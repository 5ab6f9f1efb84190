// The client on a real Socket.IO connection: core 12, 14, 97 and 98 against a server that only records.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";

import { Server } from "socket.io";
import { io } from "socket.io-client";

import { SockethubClient } from "../src/client.js";
import type { ReadyInfo } from "../src/events.js";
import { chat, contextOf, echo, registry } from "./fake-socket.js";

const http = createServer();
const server = new Server(http, { path: "/sockethub" });
const received: [event: string, argument: unknown][] = [];

before(async () => {
  server.on("connection", (socket) => {
    socket.onAny((event: string, argument: unknown, answer?: (value: unknown) => void) => {
      received.push([event, event === "schemas" ? argument : (argument as { type: string }).type]);
      if (event === "schemas") {
        answer?.(argument === "f1" ? { fingerprint: "f1", unchanged: true } : registry());
      } else {
        answer?.(argument);
      }
    });
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
});

after(() => server.close());

test("ready, waiting, dropping and replaying over the wire", async () => {
  const socket = io(`http://127.0.0.1:${(http.address() as AddressInfo).port}`, {
    path: "/sockethub",
    reconnectionDelay: 1,
    reconnectionDelayMax: 1,
  });
  try {
    const sc = new SockethubClient(socket);
    const early = new Promise<{ type: string }>((resolve) => sc.socket.emit("message", echo("early"), resolve));
    assert.equal((await sc.ready()).reason, "initial-connect");
    assert.deepEqual(sc.contextFor("dummy"), contextOf("dummy"));
    assert.equal((await early).type, "echo");

    sc.socket.emit("message", chat("join", "kim@chat", "room"));
    sc.socket.emit("message", chat("connect"));
    await new Promise((resolve) => sc.socket.emit("credentials", chat("credentials"), resolve));

    received.length = 0;
    const again = new Promise<ReadyInfo>((resolve) => sc.socket.once("ready", resolve));
    socket.io.engine.close();
    assert.equal((await again).reason, "reconnect");
    await new Promise((resolve) => sc.socket.emit("message", echo("barrier"), resolve));
    assert.deepEqual(received, [
      ["schemas", "f1"],
      ["credentials", "credentials"],
      ["message", "connect"],
      ["message", "join"],
      ["message", "echo"],
    ]);
  } finally {
    socket.close();
  }
});
