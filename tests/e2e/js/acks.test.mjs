// Answers to single emits: core 15-25.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { KIM, contextOf, credentials, dummy, echo, echoed } from "./activities.mjs";
import { startGateway } from "./gateway.mjs";
import { ask, connect, next, record, settle } from "./sockets.mjs";

let gateway;
before(async () => (gateway = await startGateway()));
after(() => gateway?.stop());

test("an echo comes back with actor and target swapped (core 15)", async (t) => {
  const socket = await connect(t, gateway);
  assert.deepEqual(await ask(socket, "message", echo("ping")), {
    "@context": contextOf("dummy"),
    type: "echo",
    actor: { id: "dummy", type: "platform" },
    target: KIM,
    object: { type: "message", content: "ping" },
  });
});

test("contexts may come in any order and leave in the canonical one (core 16)", async (t) => {
  const socket = await connect(t, gateway);
  const answer = await ask(socket, "message", { ...echo(), "@context": contextOf("dummy").reverse() });
  assert.deepEqual(answer, echoed(echo()));
});

test("id and published are echoed (core 17)", async (t) => {
  const socket = await connect(t, gateway);
  const activity = { ...echo(), id: "req-1", published: "2026-05-01T10:00:00.000Z" };
  assert.deepEqual(await ask(socket, "message", activity), echoed(activity));
});

test("a failure is the request with an error (core 18)", async (t) => {
  const socket = await connect(t, gateway);
  const activity = dummy("fail", "x");
  assert.deepEqual(await ask(socket, "message", activity), { ...activity, error: "Error: x" });
});

test("success without callback stays silent (core 19)", async (t) => {
  const socket = await connect(t, gateway);
  const heard = record(socket);
  socket.emit("message", echo("unheard"));
  await settle(socket);
  assert.deepEqual(heard, []);
});

test("failure without callback is told once, as a message (core 20)", async (t) => {
  const socket = await connect(t, gateway);
  const heard = record(socket);
  const told = next(socket, "message");
  const activity = dummy("fail", "unasked");
  socket.emit("message", activity);
  await told;
  await settle(socket);
  // Behind the activity stands the message's number in the session.
  assert.deepEqual(heard, [["message", { ...activity, error: "Error: unasked" }, "1"]]);
});

test("a misplaced callback costs neither the job nor the gateway (core 21)", async (t) => {
  const socket = await connect(t, gateway);
  const answered = new Promise((resolve) => {
    socket.once("message", resolve);
    socket.emit("message", dummy("fail", "ran"), "extra", resolve);
  });
  assert.equal((await answered).error, "Error: ran");
  await settle(socket);
});

test("an unknown event is never answered and harms nothing (core 22)", async (t) => {
  const socket = await connect(t, gateway);
  let answered = false;
  socket.emit("teleport", echo(), () => (answered = true));
  await settle(socket);
  assert.equal(answered, false);
});

test("nothing internal leaves the gateway (core 23)", async (t) => {
  const socket = await connect(t, gateway);
  const told = next(socket, "message");
  socket.emit("message", dummy("fail", "unasked"));
  const seen = [
    (await told)[0],
    await ask(socket, "message", echo()),
    await ask(socket, "message", dummy("fail", "x")),
    await ask(socket, "credentials", credentials()),
  ];
  for (const value of seen) {
    assert.ok(!("sessionSecret" in value) && !("context" in value), JSON.stringify(value));
  }
});

test("credentials are confirmed without repeating them (core 24)", async (t) => {
  const socket = await connect(t, gateway);
  assert.deepEqual(await ask(socket, "credentials", credentials()), {
    "@context": contextOf("dummy"),
    type: "credentials",
    actor: KIM,
    object: { type: "credentials" },
  });
});

test("fifty calls at once are each answered with their own (core 25)", async (t) => {
  const socket = await connect(t, gateway);
  const contents = Array.from({ length: 50 }, (_, n) => `call ${n}`);
  const answers = await Promise.all(contents.map((content) => ask(socket, "message", echo(content))));
  assert.deepEqual(answers.map(({ object }) => object.content), contents);
});
