// The published SDK, unmodified, speaking today's activities: core 100.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import SockethubClient from "@sockethub/client";

import { contextOf, credentials, dummy, echo, echoed, fetchFeed, KIM } from "./activities.mjs";
import { startGateway } from "./gateway.mjs";
import { ask, connect, next } from "./sockets.mjs";

let gateway;
before(async () => (gateway = await startGateway()));
after(() => gateway?.stop());

/** An SDK on a connected socket that reconnects at once. */
async function sdk(t) {
  const raw = await connect(t, gateway, { reconnection: true, reconnectionDelay: 1, reconnectionDelayMax: 1 });
  return { raw, sc: new SockethubClient(raw) };
}

test("an echo is answered", async (t) => {
  const { sc } = await sdk(t);
  assert.deepEqual(await ask(sc.socket, "message", echo()), echoed(echo()));
});

test("credentials are confirmed", async (t) => {
  const { sc } = await sdk(t);
  const answer = await ask(sc.socket, "credentials", credentials());
  assert.equal(answer.error, undefined);
  assert.deepEqual(answer["@context"], contextOf("dummy"));
});

test("errors of platform and validation arrive", async (t) => {
  const { sc } = await sdk(t);
  assert.equal((await ask(sc.socket, "message", dummy("fail", "x"))).error, "Error: x");
  assert.equal((await ask(sc.socket, "message", dummy("frob", "x"))).error, "[dummy] /type: must be equal to one of the allowed values");
});

test("a failure without callback comes as a message", async (t) => {
  const { sc } = await sdk(t);
  const told = next(sc.socket, "message");
  sc.socket.emit("message", dummy("fail", "unasked"));
  assert.equal((await told)[0].error, "Error: unasked");
});

test("a feed's entries survive the way", async (t) => {
  const { sc } = await sdk(t);
  const { totalItems, items } = await ask(sc.socket, "message", fetchFeed(`${gateway.origin}/feed.xml`));
  assert.equal(totalItems, 20);
  assert.equal(items[0].object.contentType, "html");
});

test("an activity-object is acknowledged and usable by its id (core 49)", async (t) => {
  const { sc } = await sdk(t);
  const answer = await ask(sc.socket, "activity-object", KIM);
  assert.ok(!answer?.error);
  assert.deepEqual((await ask(sc.socket, "message", { ...echo(), actor: KIM.id })).target, KIM);
});

test("after a drop the SDK replays and goes on", async (t) => {
  const { raw, sc } = await sdk(t);
  await ask(sc.socket, "activity-object", KIM);
  await ask(sc.socket, "credentials", credentials());
  const first = raw.id;

  const replayed = [];
  raw.onAnyOutgoing((event) => replayed.push(event));
  const troubles = [];
  sc.socket.on("message", (activity) => troubles.push(activity));
  const back = next(raw, "connect");
  raw.io.engine.close();
  await back;

  assert.notEqual(raw.id, first);
  // Known to the new session only through the replayed activity-object.
  assert.deepEqual((await ask(sc.socket, "message", { ...echo("back"), actor: KIM.id })).target, KIM);
  assert.deepEqual(replayed.slice(0, -1), ["activity-object", "credentials"]);
  assert.deepEqual(troubles, []);
});
