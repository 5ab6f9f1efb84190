// Our own client: core 12, 14, 97 and 98, as far as platforms without connections allow. Needs `npm run build` in client/.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { SockethubClient } from "../../../client/dist/esm/index.js";
import { contextOf, credentials, dummy, echo, echoed } from "./activities.mjs";
import { startGateway } from "./gateway.mjs";
import { ask, connect, dial, next } from "./sockets.mjs";

let gateway;
before(async () => (gateway = await startGateway()));
after(() => gateway?.stop());

const RECONNECT = { reconnection: true, reconnectionDelay: 1, reconnectionDelayMax: 1 };

/** A client on a socket that is still connecting. */
function client(t, to = gateway) {
  const raw = dial(t, to, { ...RECONNECT, transports: ["websocket"] });
  return { raw, sc: new SockethubClient(raw) };
}

test("it becomes ready and knows the contexts (core 12)", async (t) => {
  const { sc } = client(t);
  const info = await sc.ready(5000);
  assert.equal(info.state, "ready");
  assert.equal(info.reason, "initial-connect");
  assert.deepEqual(info.platforms.map(({ id }) => id), ["dummy", "feeds"]);
  assert.deepEqual(sc.contextFor("dummy"), contextOf("dummy"));
});

test("after a drop it is ready by an unchanged registry (core 14)", async (t) => {
  const { raw, sc } = client(t);
  await sc.ready();
  const asked = [];
  raw.onAnyOutgoing((event, ...args) => asked.push([event, args[0]]));
  const { fingerprint } = await ask(raw, "schemas", null);
  const again = next(sc.socket, "ready");
  raw.io.engine.close();
  const [info] = await again;
  assert.equal(info.reason, "reconnect");
  assert.deepEqual(asked.at(-1), ["schemas", fingerprint]);
});

test("what is emitted before ready arrives in order (core 98)", async (t) => {
  const { sc } = client(t);
  const contents = ["1", "2", "3"];
  const order = [];
  await Promise.all(
    contents.map(async (content) => {
      const { object } = await ask(sc.socket, "message", echo(content));
      order.push(object.content);
    }),
  );
  assert.deepEqual(order.toSorted(), contents);
});

test("after a drop the registry, the credentials and what waited are sent in this order (core 97)", async (t) => {
  const { raw, sc } = client(t);
  await sc.ready();
  assert.equal((await ask(sc.socket, "credentials", credentials())).error, undefined);
  const sent = [];
  raw.onAnyOutgoing((event) => sent.push(event));
  const dropped = next(sc.socket, "disconnect");
  raw.io.engine.close();
  await dropped;
  assert.deepEqual(await ask(sc.socket, "message", echo("waited")), echoed(echo("waited")));
  assert.deepEqual(sent, ["schemas", "credentials", "message"]);
});

test("the gateway's errors reach callbacks and, without one, listeners", async (t) => {
  const { sc } = client(t);
  assert.equal((await ask(sc.socket, "message", dummy("fail", "x"))).error, "Error: x");
  const told = next(sc.socket, "message");
  sc.socket.emit("message", dummy("fail", "unasked"));
  assert.equal((await told)[0].error, "Error: unasked");
});

const wrong = [
  { ...echo(), type: "frob" },
  { ...echo(), foo: 1 },
  { ...echo(), actor: { type: "person" } },
  { ...echo(), actor: { id: "not iri", type: "feed" } },
  { ...echo(), target: { id: "t", type: "zork" } },
  { ...echo(), target: { id: "urn:x:y", type: "calendar", components: ["tent"] } },
  { ...echo(), object: 7 },
  { ...echo(), published: "nope" },
];
for (const activity of wrong) {
  test(`client and gateway refuse in the same words: ${JSON.stringify(activity).slice(139)}`, async (t) => {
    const { sc } = client(t);
    const here = await ask(sc.socket, "message", activity);
    const there = await ask(await connect(t, gateway), "message", activity);
    assert.equal(here.error, `SockethubClient validation failed: ${there.error}`);
  });
}

test("the gateway's notice about too many messages is heard", async (t) => {
  const strict = await startGateway({
    rateLimiter: { windowMs: 60_000, maxRequests: 3, blockDurationMs: 60_000, maxConnectionsPerIp: 0 },
  });
  t.after(() => strict.stop());
  const { sc } = client(t, strict);
  await sc.ready();
  const noticed = next(sc.socket, "error");
  for (let n = 0; n < 4; n++) {
    sc.socket.emit("message", echo());
  }
  assert.equal((await noticed)[0].summary, "rate limit exceeded, temporarily blocked");
});
