// Connecting: core 1-6.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { connect, dial, next, record, settle } from "./sockets.mjs";
import { startGateway } from "./gateway.mjs";

let gateway;
before(async () => (gateway = await startGateway()));
after(() => gateway?.stop());

const poll = (query, init) => fetch(`${gateway.origin}/sockethub/?${query}`, init);

test("a polling handshake tells timers and limits (core 1)", async () => {
  const response = await poll("EIO=4&transport=polling");
  assert.equal(response.status, 200);
  const text = await response.text();
  assert.equal(text[0], "0");
  const { sid, ...rest } = JSON.parse(text.slice(1));
  assert.equal(typeof sid, "string");
  assert.deepEqual(rest, { upgrades: ["websocket"], pingInterval: 25000, pingTimeout: 20000, maxPayload: 262144 });
});

test("without the trailing slash there is nothing", async () => {
  assert.equal((await fetch(`${gateway.origin}/sockethub?EIO=4&transport=polling`)).status, 404);
});

test("the default transports upgrade from polling to websocket (core 2)", async (t) => {
  const socket = dial(t, gateway);
  await next(socket, "connect");
  const engine = socket.io.engine;
  if (engine.transport.name !== "websocket") {
    const [transport] = await next(engine, "upgrade");
    assert.equal(transport.name, "websocket");
  }
  await settle(socket);
});

test("websocket alone works (core 3)", async (t) => {
  const socket = await connect(t, gateway, { transports: ["websocket"] });
  assert.equal(socket.io.engine.transport.name, "websocket");
  await settle(socket);
});

test("polling alone works", async (t) => {
  const socket = await connect(t, gateway, { transports: ["polling"] });
  await settle(socket);
  assert.equal(socket.io.engine.transport.name, "polling");
});

const refused = [
  ["EIO=3&transport=polling", 5, "Unsupported protocol version"], // core 4
  ["EIO=4&transport=carrier-pigeon", 0, "Transport unknown"],
  ["EIO=4&transport=polling&sid=nobody", 1, "Session ID unknown"],
];
for (const [query, code, message] of refused) {
  test(`a handshake with ${query} is refused (core 4)`, async () => {
    const response = await poll(query);
    assert.equal(response.status, 400);
    assert.deepEqual(await response.json(), { code, message });
  });
}

test("other namespaces are refused (core 5)", async (t) => {
  const socket = dial(t, gateway, { namespace: "/x" });
  const [error] = await next(socket, "connect_error");
  assert.equal(error.message, "Invalid namespace");
});

test("nothing is sent unasked (core 6)", async (t) => {
  const socket = dial(t, gateway, { transports: ["websocket"] });
  const heard = record(socket);
  await next(socket, "connect");
  await settle(socket);
  assert.deepEqual(heard, []);
});
