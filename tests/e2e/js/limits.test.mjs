// How much a client may send: core 52-58.

import assert from "node:assert/strict";
import { test } from "node:test";

import { AS, SOCKETHUB, contextUrl, echo, echoed } from "./activities.mjs";
import { startGateway } from "./gateway.mjs";
import { ask, connect, dial, next, record, settle } from "./sockets.mjs";

const notice = (summary) => ({
  type: "Error",
  "@context": [AS, SOCKETHUB, contextUrl("error")],
  actor: { type: "Application", name: "sockethub-server" },
  summary,
});

async function gatewayWith(t, config) {
  const gateway = await startGateway(config);
  t.after(() => gateway.stop());
  return gateway;
}

/** Emits one more event than a window of `rate` allows, and waits for the notice. */
async function exceed(socket, rate) {
  const blocked = next(socket, "error");
  for (let n = 0; n <= rate.maxRequests; n++) {
    socket.emit("schemas", null, () => undefined);
  }
  return blocked;
}

const LONG = { windowMs: 60_000, maxRequests: 100, blockDurationMs: 60_000, maxConnectionsPerIp: 0 };

test("one event too many blocks the session and says so once (core 52)", async (t) => {
  const gateway = await gatewayWith(t, { rateLimiter: LONG });
  const socket = await connect(t, gateway);
  const heard = record(socket);
  assert.deepEqual(await exceed(socket, LONG), [notice("rate limit exceeded, temporarily blocked")]);
  assert.equal((await ask(socket, "message", echo())).error, "Rate limit exceeded"); // core 55
  assert.equal(heard.length, 1);
});

test("the defaults block the 101st event within a second (core 52)", async (t) => {
  const gateway = await gatewayWith(t, { rateLimiter: undefined });
  const socket = await connect(t, gateway);
  const answers = Array.from({ length: 101 }, () => ask(socket, "schemas", null));
  const refusals = (await Promise.all(answers)).filter(({ error }) => error === "Rate limit exceeded");
  assert.equal(refusals.length, 1);
});

test("a blocked session does not block others (core 54)", async (t) => {
  const gateway = await gatewayWith(t, { rateLimiter: LONG });
  const [blocked, other] = [await connect(t, gateway), await connect(t, gateway)];
  await exceed(blocked, LONG);
  assert.deepEqual(await ask(other, "message", echo()), echoed(echo()));
});

test("the block ends (core 53)", async (t) => {
  const rate = { ...LONG, maxRequests: 3, blockDurationMs: 1 };
  const gateway = await gatewayWith(t, { rateLimiter: rate });
  const socket = await connect(t, gateway);
  await exceed(socket, rate);
  let answer;
  do {
    answer = await ask(socket, "message", echo());
  } while (answer.error === "Rate limit exceeded");
  assert.deepEqual(answer, echoed(echo()));
});

test("the 21st connection from an address is turned away, the twenty stay (core 56, 57)", async (t) => {
  const gateway = await gatewayWith(t, { rateLimiter: { maxRequests: 10_000 } });
  const sockets = await Promise.all(Array.from({ length: 20 }, () => connect(t, gateway)));
  const extra = dial(t, gateway, { transports: ["websocket"] });
  const [told, left] = await Promise.all([next(extra, "error"), next(extra, "disconnect")]);
  assert.deepEqual(told, [notice("too many concurrent connections from this address")]);
  assert.equal(left[0], "io server disconnect");
  await Promise.all(sockets.map(settle));

  sockets[0].close();
  // The gateway learns of a closed socket in its own time: knock until it has.
  let admitted;
  do {
    const knock = await connect(t, gateway);
    admitted = await Promise.race([ask(knock, "schemas").then(() => true), next(knock, "disconnect").then(() => false)]);
  } while (!admitted);
});

test("an oversized websocket message closes its connection only (core 58)", async (t) => {
  const gateway = await gatewayWith(t, {});
  const [socket, other] = [await connect(t, gateway), await connect(t, gateway)];
  const left = next(socket, "disconnect");
  socket.emit("message", echo("x".repeat(262_144)));
  assert.equal((await left)[0], "transport close");
  assert.deepEqual(await ask(other, "message", echo()), echoed(echo()));
});

test("an oversized polling body is refused with 413", async (t) => {
  const gateway = await gatewayWith(t, {});
  const url = `${gateway.origin}/sockethub/?EIO=4&transport=polling`;
  const { sid } = JSON.parse((await (await fetch(url)).text()).slice(1));
  const response = await fetch(`${url}&sid=${sid}`, { method: "POST", body: `4${"x".repeat(262_144)}` });
  assert.equal(response.status, 413);
});

test("a message of nearly the limit passes", async (t) => {
  const gateway = await gatewayWith(t, {});
  const socket = await connect(t, gateway);
  const large = echo("x".repeat(250_000));
  assert.deepEqual(await ask(socket, "message", large), echoed(large));
});
