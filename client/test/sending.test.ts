// Waiting, replaying and forwarding: core.md 11, 1, 5-9 and 11.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import { SockethubClient } from "../src/client.js";
import type { ClientError } from "../src/events.js";
import { FakeSocket, chat, contextOf, echo, registry, type Sample } from "./fake-socket.js";
import { Replay } from "../src/replay.js";

let socket: FakeSocket;
let sc: SockethubClient;
let errors: ClientError[];

beforeEach(() => {
  socket = new FakeSocket();
  sc = new SockethubClient(socket);
  errors = [];
  sc.socket.on("client_error", (error) => errors.push(error));
});

// Ends what still waits for the gateway.
afterEach(() => socket.drop());

function sentTypes(): unknown[] {
  return socket.activities().map(([, activity]) => (activity as { type: unknown }).type);
}

function sentContents(): unknown[] {
  return socket.activities().map(([, activity]) => (activity as { object: { content: unknown } }).object.content);
}

test("emits wait until ready and keep their order", () => {
  // core 98
  sc.socket.emit("message", echo("1"));
  socket.connect();
  sc.socket.emit("message", echo("2"));
  assert.deepEqual(socket.activities(), []);
  socket.answer(registry());
  sc.socket.emit("message", echo("3"));
  assert.deepEqual(sentContents(), ["1", "2", "3"]);
});

test("what a refusal's callback emits lines up behind what waited", () => {
  sc.socket.emit("message", { ...echo("bad"), type: "frob" }, () => sc.socket.emit("message", echo("2")));
  sc.socket.emit("message", echo("1"));
  socket.begin();
  assert.deepEqual(sentContents(), ["1", "2"]);
});

test("of more than 1000 waiting emits the oldest is given up", () => {
  const answers: unknown[] = [];
  for (let n = 0; n <= 1000; n++) {
    sc.socket.emit("message", echo(String(n)), (answer) => answers.push(answer));
  }
  assert.deepEqual(answers, [{ error: "SockethubClient queue overflow before ready" }]);
  socket.begin();
  assert.equal(sentContents().length, 1000);
  assert.equal(sentContents()[0], "1");
});

test("an emit is given up after waiting for 30 s, on its own", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  sc.socket.emit("message", { ...echo("1"), id: "first" });
  t.mock.timers.tick(20_000);
  sc.socket.emit("message", echo("2"));
  t.mock.timers.tick(10_000);
  const error = "SockethubClient queued message expired after 30000ms before initialization";
  assert.deepEqual(errors, [{ error, event: "message", id: "first" }]);
  socket.begin();
  assert.deepEqual(sentContents(), ["2"]);
});

test("other events wait as well and pass untouched", () => {
  const answer = (): void => undefined;
  sc.socket.emit("custom", 1, "two", answer);
  socket.begin();
  assert.deepEqual(socket.sent.at(-1), ["custom", 1, "two", answer]);
});

test("callbacks reach the socket as they are", () => {
  socket.begin();
  const answer = (): void => undefined;
  sc.socket.emit("message", echo("1"), answer);
  assert.equal(socket.sent.at(-1)?.[2], answer);
  sc.socket.emit("message", echo("2"));
  assert.equal(socket.sent.at(-1)?.length, 2);
});

test("activities are completed on the way out, the application's own object is not touched", () => {
  socket.begin();
  const draft = { "@context": contextOf("dummy"), type: "echo", actor: "kim", target: { id: "t", type: "room" }, object: "hi" };
  const before = structuredClone(draft);
  sc.socket.emit("message", draft);
  assert.deepEqual(socket.activities(), [
    ["message", { ...draft, actor: { id: "kim", type: "person" }, object: { content: "hi" } }],
  ]);
  assert.deepEqual(draft, before);
});

test("credentials get their type", () => {
  socket.begin();
  const { type: _, ...untyped } = chat("credentials");
  sc.socket.emit("credentials", untyped as never);
  assert.deepEqual(sentTypes(), ["credentials"]);
});

test("after a reconnect credentials, connects and joins come first, then what waited", () => {
  // core 97
  socket.begin();
  sc.socket.emit("message", chat("join", "kim@chat", "room"));
  sc.socket.emit("message", chat("connect"));
  sc.socket.emit("credentials", chat("credentials"));
  sc.socket.emit("message", chat("send"));
  socket.drop();
  sc.socket.emit("message", echo("waiting"));
  socket.sent.length = 0;
  socket.begin({ fingerprint: "f1", unchanged: true });
  assert.deepEqual(sentTypes(), ["credentials", "connect", "join", "echo"]);
  assert.ok(socket.sent.slice(1).every((emit) => emit.length === 2), "replays carry no callback");
});

test("what ended is not replayed", () => {
  socket.begin();
  for (const [type, actor, target] of [
    ["connect", "a"], ["join", "a", "left"], ["join", "a", "kept"], ["leave", "a", "left"],
    ["connect", "a-b"], ["join", "a-b", "room"],
    ["connect", "gone"], ["join", "gone", "room"], ["disconnect", "gone"],
  ] as [string, string, string?][]) {
    sc.socket.emit("message", chat(type, actor, target));
  }
  socket.sent.length = 0;
  socket.drop();
  socket.begin({ fingerprint: "f1", unchanged: true });
  const replayed = socket.activities().map(([, activity]) => {
    const { type, actor, target } = activity as Sample & { target?: { id: string } };
    return [type, actor.id, target?.id];
  });
  assert.deepEqual(replayed, [
    ["connect", "a", undefined], ["connect", "a-b", undefined], ["join", "a", "kept"], ["join", "a-b", "room"],
  ]);
});

test("what is followed is followed again, and not what was given up", () => {
  const replay = new Replay();
  const note = (type: string, object: object): void =>
    replay.note("message", "feeds", { type, actor: { id: "kim" }, object: { ...object } });
  note("follow", { type: "feed", id: "a" });
  note("follow", { type: "feed", id: "b" });
  note("follow", { type: "opml", content: "<opml/>" });
  note("unfollow", { type: "feed", id: "a" });
  const objects = [...replay.all()].map(({ activity }) => activity["object"]);
  assert.deepEqual(objects, [{ type: "feed", id: "b" }, { type: "opml", content: "<opml/>" }]);
});

test("the newest of two credentials for one actor is replayed, as it was sent", () => {
  socket.begin();
  const first = chat("credentials");
  sc.socket.emit("credentials", first);
  const second = { ...first, object: { type: "credentials", nick: "kim2" } };
  sc.socket.emit("credentials", second);
  second.object.nick = "changed later";
  socket.sent.length = 0;
  socket.drop();
  socket.begin({ fingerprint: "f1", unchanged: true });
  assert.deepEqual(
    socket.activities().map(([, activity]) => (activity as typeof second).object.nick),
    ["kim2"],
  );
});

test("clearCredentials forgets credentials only", () => {
  socket.begin();
  sc.socket.emit("credentials", chat("credentials"));
  sc.socket.emit("message", chat("connect"));
  sc.clearCredentials();
  socket.sent.length = 0;
  socket.drop();
  socket.begin({ fingerprint: "f1", unchanged: true });
  assert.deepEqual(sentTypes(), ["connect"]);
});

test("a schemas-update replays nothing", () => {
  socket.begin();
  sc.socket.emit("message", chat("connect"));
  socket.sent.length = 0;
  socket.receive("schemas", registry("f2"));
  assert.deepEqual(socket.sent, []);
});

test("what is refused here is neither sent nor replayed", () => {
  socket.begin();
  sc.socket.emit("credentials", { ...chat("credentials"), object: { type: "credentials" }, id: "c1" });
  assert.deepEqual(errors, [
    {
      error: "SockethubClient validation failed: [chat] /object: must have required property 'nick'",
      event: "credentials",
      id: "c1",
    },
  ]);
  socket.drop();
  socket.begin({ fingerprint: "f1", unchanged: true });
  assert.deepEqual(socket.activities(), []);
});

test("incoming activities are written out but not checked", () => {
  const heard: unknown[] = [];
  sc.socket.on("message", (activity) => heard.push(activity));
  socket.receive("message", { type: "anything", actor: "kim", target: "room", object: "hi", foo: 1 });
  assert.deepEqual(heard, [
    { type: "anything", actor: { id: "kim" }, target: { id: "room" }, object: { content: "hi" }, foo: 1 },
  ]);
});

test("the transport's events and the gateway's notices are passed on", () => {
  const heard: unknown[][] = [];
  for (const event of ["connect", "connect_error", "disconnect", "error", "schemas"] as const) {
    sc.socket.on(event, (...args: unknown[]) => heard.push([event, ...args]));
  }
  const failure = new Error("xhr poll error");
  socket.receive("connect_error", failure);
  socket.connect();
  socket.receive("error", { type: "Error", summary: "rate limit exceeded, temporarily blocked" });
  socket.receive("schemas", registry());
  socket.drop();
  assert.deepEqual(heard, [
    ["connect_error", failure],
    ["connect"],
    ["error", { type: "Error", summary: "rate limit exceeded, temporarily blocked" }],
    ["schemas", registry()],
    ["disconnect", "transport close", undefined],
  ]);
});

test("listeners can be heard once and removed", () => {
  const heard: string[] = [];
  const often = (): void => void heard.push("often");
  sc.socket.once("connect", () => heard.push("once"));
  sc.socket.on("connect", often);
  socket.connect();
  socket.connect();
  sc.socket.off("connect", often);
  socket.connect();
  assert.deepEqual(heard, ["once", "often", "often"]);
});
