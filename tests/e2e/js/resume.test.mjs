// A stock client whose connection breaks: it comes back by itself, loses nothing and gets nothing twice.

import assert from "node:assert/strict";
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { rememberSession } from "../../../client/dist/esm/index.js";
import { contextOf } from "./activities.mjs";
import { cuttable } from "./cut.mjs";
import { startGateway } from "./gateway.mjs";
import { ask, connect, dial, next } from "./sockets.mjs";

const MANIFEST = fileURLToPath(new URL("../../../shared/testkit/puppet.platform.json", import.meta.url));

let folder;
let gateway;
before(async () => {
  // The platform that pushes what it is told to, beside the gateway's own.
  folder = await mkdtemp(join(tmpdir(), "footbridge-workers-"));
  await symlink(join(dirname(process.env.FOOTBRIDGE_BIN), "footbridge-puppet"), join(folder, "footbridge-puppet"));
  await symlink(MANIFEST, join(folder, "footbridge-puppet.platform.json"));
  gateway = await startGateway({ platforms: ["puppet"], platformDir: folder });
});
after(async () => {
  await gateway?.stop();
  await rm(folder, { recursive: true, force: true });
});

const puppet = (type, object) => ({
  "@context": contextOf("puppet"),
  type,
  actor: { id: "kim", type: "person" },
  object,
});

/** Asks the platform, which must not refuse. */
async function tell(socket, event, activity) {
  const answer = await ask(socket, event, activity);
  assert.equal(answer.error, undefined);
}

/** Has the platform push messages with these numbers. */
const push = (socket, ...numbers) =>
  tell(
    socket,
    "message",
    puppet("push", {
      activities: numbers.map((n) => ({ type: "message", actor: { id: "m", type: "person" }, object: { n } })),
    }),
  );

for (const transports of [["websocket"], ["polling"], ["polling", "websocket"]]) {
  test(`a client that is cut off gets what it missed (${transports.join(", ")})`, async (t) => {
    const line = await cuttable(t, gateway);
    const away = await connect(t, line, { transports, reconnection: true, reconnectionDelay: 1, reconnectionDelayMax: 1 });
    const here = await connect(t, gateway);
    const heard = [];
    const last = new Promise((resolve) => {
      away.on("message", ({ object: { n } }) => {
        if (n) {
          heard.push(n);
        }
        if (n === 6) {
          resolve();
        }
      });
    });
    // Whoever knows the secret shares the connection.
    const secret = { ...puppet("credentials", { type: "credentials", nick: "kim", token: transports.join() }) };
    for (const socket of [away, here]) {
      await tell(socket, "credentials", secret);
      await tell(socket, "message", puppet("connect", {}));
    }
    await push(here, 1, 2);
    assert.equal(away.recovered, false);

    const gone = next(away, "disconnect");
    line.cut();
    const [reason] = await gone;
    assert.notEqual(reason, "io server disconnect");
    await push(here, 3, 4, 5);
    const back = next(away, "connect");
    line.mend();
    await back;
    assert.equal(away.recovered, true);
    await push(here, 6);
    await last;
    assert.deepEqual(heard, [1, 2, 3, 4, 5, 6]);
  });
}

test("a client that leaves by itself begins anew", async (t) => {
  const socket = await connect(t, gateway, { reconnection: true });
  socket.disconnect();
  const back = next(socket, "connect");
  socket.connect();
  await back;
  assert.equal(socket.recovered, false);
});

test("a page that is reloaded comes back to its session, without a password", async (t) => {
  const items = new Map();
  const storage = {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => items.set(key, value),
    removeItem: (key) => items.delete(key),
  };
  const load = () => {
    const listeners = new Map();
    const page = { addEventListener: (event, listener) => listeners.set(event, listener) };
    const socket = dial(t, gateway, { autoConnect: false, transports: ["websocket"] });
    rememberSession(socket, { storage, page });
    return { socket, leave: () => listeners.get("pagehide")() };
  };
  const first = load();
  first.socket.connect();
  await tell(first.socket, "credentials", puppet("credentials", { type: "credentials", nick: "kim" }));
  await tell(first.socket, "message", puppet("connect", {}));
  first.leave();
  // What a browser does to the connections of a page: no good-bye.
  first.socket.io.engine.transport.ws.terminate();
  const second = load();
  const heard = new Promise((resolve) => second.socket.on("message", ({ object: { n } }) => n === 2 && resolve()));
  second.socket.connect();
  await push(second.socket, 2);
  await heard;
});
