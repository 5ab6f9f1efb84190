// The registry of platforms: core 7-11 and 13.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Ajv } from "ajv";
import addFormats from "ajv-formats";
import addDraft2019Formats from "ajv-formats-draft2019";

import { AS, SOCKETHUB, contextUrl } from "./activities.mjs";
import { startGateway } from "./gateway.mjs";
import { ask, connect, dial, next } from "./sockets.mjs";

const FIELDS = ["contextUrl", "contextVersion", "id", "schemaVersion", "schemas", "types", "version"];

let gateway;
before(async () => (gateway = await startGateway()));
after(() => gateway?.stop());

test("the registry describes every platform in full (core 7)", async (t) => {
  const socket = await connect(t, gateway);
  for (const args of [[], [null]]) {
    const registry = await ask(socket, "schemas", ...args);
    assert.deepEqual(Object.keys(registry).sort(), ["contexts", "fingerprint", "platforms", "version"]);
    assert.equal(typeof registry.fingerprint, "string");
    assert.equal(typeof registry.version, "string");
    assert.deepEqual(registry.contexts, { as: AS, sockethub: SOCKETHUB });
    assert.deepEqual(registry.platforms.map(({ id }) => id), ["dummy", "feeds"]);
    for (const platform of registry.platforms) {
      const { id, version, contextVersion, schemaVersion, types, schemas } = platform;
      assert.deepEqual(Object.keys(platform).sort(), FIELDS);
      assert.deepEqual(Object.keys(schemas).sort(), ["credentials", "messages"]);
      assert.equal(platform.contextUrl, contextUrl(id));
      for (const text of [version, contextVersion, schemaVersion]) {
        assert.equal(typeof text, "string");
      }
      assert.deepEqual(types.filter((type) => type !== "credentials"), schemas.messages.properties.type.enum);
    }
  }
});

test("a known fingerprint is answered in short (core 8)", async (t) => {
  const socket = await connect(t, gateway);
  const { fingerprint } = await ask(socket, "schemas");
  assert.deepEqual(await ask(socket, "schemas", fingerprint), { fingerprint, unchanged: true });
});

test("a wrong fingerprint gets the whole registry (core 9)", async (t) => {
  const socket = await connect(t, gateway);
  const registry = await ask(socket, "schemas", "0000000000000000");
  assert.deepEqual(registry, await ask(socket, "schemas", null));
});

test("without a callback the registry comes as an event (core 10)", async (t) => {
  const socket = await connect(t, gateway);
  const event = next(socket, "schemas");
  socket.emit("schemas");
  const [registry] = await event;
  assert.deepEqual(registry, await ask(socket, "schemas"));
  const short = next(socket, "schemas");
  socket.emit("schemas", registry.fingerprint);
  assert.deepEqual(await short, [{ fingerprint: registry.fingerprint, unchanged: true }]);
});

test("what comes right behind the connect is answered, every time", async (t) => {
  for (let n = 0; n < 300; n++) {
    const socket = dial(t, gateway, { transports: ["websocket"] });
    const answer = Promise.race([next(socket, "schemas"), next(socket, "disconnect")]);
    socket.once("connect", () => socket.emit("schemas"));
    const [registry] = await answer;
    assert.equal(typeof registry.fingerprint, "string", `disconnected: ${registry}`);
    socket.close();
  }
});

test("two boots have the same fingerprint, another set of platforms has another (core 11)", async (t) => {
  const { fingerprint } = await ask(await connect(t, gateway), "schemas");
  for (const [config, same] of [[{}, true], [{ platforms: ["@sockethub/platform-dummy"] }, false]]) {
    const other = await startGateway(config);
    t.after(() => other.stop());
    const answer = await ask(await connect(t, other), "schemas");
    assert.equal(answer.fingerprint === fingerprint, same);
  }
});

test("the schemas compile as clients compile them (core 13)", async (t) => {
  const { platforms } = await ask(await connect(t, gateway), "schemas");
  for (const { id, schemas } of platforms) {
    for (const schema of Object.values(schemas)) {
      const ajv = new Ajv({ strict: true, strictTypes: false, allErrors: true });
      addFormats(ajv);
      addDraft2019Formats(ajv);
      assert.doesNotThrow(() => ajv.compile(schema), id);
    }
  }
});
