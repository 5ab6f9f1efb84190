// Becoming ready: core.md 11, 1-4 and 10.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import { SockethubClient } from "../src/client.js";
import type { InitError } from "../src/handshake.js";
import { FakeSocket, contextOf, echo, registry } from "./fake-socket.js";

let socket: FakeSocket;
let sc: SockethubClient;

beforeEach(() => {
  socket = new FakeSocket();
  sc = new SockethubClient(socket);
});

// Ends what still waits for the gateway.
afterEach(() => socket.drop());

function reasons(): string[] {
  const heard: string[] = [];
  sc.socket.on("ready", (info) => heard.push(info.reason));
  return heard;
}

test("the first request has no fingerprint, the next has the newest", () => {
  socket.begin();
  assert.equal(socket.sent[0]?.[1], undefined);
  socket.drop();
  socket.connect();
  assert.equal(socket.sent.at(-1)?.[1], "f1");
});

test("a socket that is connected already is asked at once", () => {
  const connected = new FakeSocket();
  connected.connected = true;
  new SockethubClient(connected);
  assert.equal(connected.sent[0]?.[0], "schemas");
});

test("ready() resolves with what the gateway says of itself", async () => {
  const ready = sc.ready();
  socket.begin();
  const info = await ready;
  assert.equal(info.state, "ready");
  assert.equal(info.reason, "initial-connect");
  assert.equal(info.sockethubVersion, "5.0.0-test");
  assert.deepEqual(info.platforms.map(({ id }) => id), ["dummy", "chat"]);
  assert.equal(await sc.ready(), info);
});

test("ready() gives up in the documented words", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const ready = sc.ready(120);
  t.mock.timers.tick(120);
  await assert.rejects(ready, { message: "SockethubClient ready() timed out after 120ms" });
});

test("a gateway that does not answer in time is an init_error, a late answer still makes ready", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const errors: InitError[] = [];
  sc.socket.on("init_error", (error) => errors.push(error));
  const heard = reasons();
  socket.connect();
  t.mock.timers.tick(4999);
  assert.equal(errors.length, 0);
  t.mock.timers.tick(1);
  assert.deepEqual(errors, [
    { error: "SockethubClient initialization timed out after 5000ms", phase: "timeout", retrying: false },
  ]);
  socket.answer(registry());
  assert.deepEqual(heard, ["initial-connect"]);
});

test("the time allowed is an option", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const patient = new SockethubClient(socket, { initTimeoutMs: 9000 });
  const errors: InitError[] = [];
  patient.socket.on("init_error", (error) => errors.push(error));
  socket.connect();
  t.mock.timers.tick(8999);
  assert.equal(errors.length, 0);
  t.mock.timers.tick(1);
  assert.equal(errors.length, 1);
});

test("a drop before the answer is no init_error", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const errors: InitError[] = [];
  sc.socket.on("init_error", (error) => errors.push(error));
  socket.connect();
  socket.drop();
  t.mock.timers.tick(60_000);
  assert.equal(errors.length, 0);
});

test("the answer to an earlier connection does not make a later one ready", () => {
  socket.connect();
  const first = socket.sent.at(-1)?.at(-1) as (answer: unknown) => void;
  socket.drop();
  socket.connect();
  const heard = reasons();
  first(registry());
  assert.deepEqual(heard, []);
});

test("an unchanged registry makes ready again after a reconnect", () => {
  // core 14
  const heard = reasons();
  socket.begin();
  socket.drop();
  socket.begin({ fingerprint: "f1", unchanged: true });
  assert.deepEqual(heard, ["initial-connect", "reconnect"]);
});

test("unchanged is not believed where nothing is known yet", () => {
  const errors: InitError[] = [];
  sc.socket.on("init_error", (error) => errors.push(error));
  socket.begin({ fingerprint: "f1", unchanged: true });
  assert.equal(errors[0]?.phase, "registry");
});

test("an answer that is no registry is refused", () => {
  for (const answer of [null, "x", {}, { contexts: {}, platforms: [] }, { ...registry(), platforms: {} }]) {
    const bare = new FakeSocket();
    const errors: InitError[] = [];
    new SockethubClient(bare).socket.on("init_error", (error) => errors.push(error));
    bare.begin(answer);
    assert.equal(errors.length, 1, JSON.stringify(answer));
  }
});

test("a platform that cannot be addressed is left out, the others stay", async () => {
  const answer = registry();
  socket.begin({ ...answer, platforms: [{ id: "half" }, null, ...(answer["platforms"] as unknown[])] });
  assert.deepEqual((await sc.ready()).platforms.map(({ id }) => id), ["dummy", "chat"]);
});

test("a registry sent unasked replaces the old schemas", () => {
  const heard = reasons();
  socket.begin();
  const answers: unknown[] = [];
  const shout = { ...echo("x"), type: "shout" };
  sc.socket.emit("message", shout, (answer: unknown) => answers.push(answer));
  assert.equal(answers.length, 1);
  socket.receive("schemas", registry("f2", ["shout"]));
  assert.deepEqual(heard, ["initial-connect", "schemas-update"]);
  sc.socket.emit("message", shout, (answer: unknown) => answers.push(answer));
  assert.equal(socket.activities().length, 1);
});

test("a registry changed over a reconnect replaces the old schemas", () => {
  socket.begin();
  socket.drop();
  socket.begin(registry("f2", ["shout"]));
  const answers: unknown[] = [];
  sc.socket.emit("message", echo("x"), (answer: unknown) => answers.push(answer));
  assert.deepEqual(answers, [
    { error: "SockethubClient validation failed: [dummy] /type: must be equal to one of the allowed values" },
  ]);
});

test("the same registry sent again is no news", () => {
  const heard = reasons();
  socket.begin();
  socket.receive("schemas", registry());
  assert.deepEqual(heard, ["initial-connect"]);
});

test("a schemas event also answers the request", () => {
  const heard = reasons();
  socket.connect();
  socket.receive("schemas", registry());
  assert.deepEqual(heard, ["initial-connect"]);
});

test("contextFor gives the canonical three, and throws for strangers", () => {
  assert.throws(() => sc.contextFor("dummy"), /knows no platform "dummy"/);
  socket.begin();
  assert.deepEqual(sc.contextFor("dummy"), contextOf("dummy"));
  assert.throws(() => sc.contextFor("gopher"), /knows no platform "gopher"/);
});
