// What is refused, and in which words: core 26-46, 48 and 49.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { AS, KIM, SOCKETHUB, contextOf, contextUrl, credentials, echo, echoed } from "./activities.mjs";
import { startGateway } from "./gateway.mjs";
import { ask, connect } from "./sockets.mjs";

let gateway;
before(async () => (gateway = await startGateway()));
after(() => gateway?.stop());

const valid = echo();
const ACTORS = "person, room, service, feed, website";
const TARGETS = `${ACTORS}, address, calendar, addressBook`;
const UNREGISTERED = "platform context URL not registered with this Sockethub instance.";
const notEnabled = (id) => `platform ${id} resolved from @context is not enabled in this Sockethub instance.`;
const without = (key) => Object.fromEntries(Object.entries(valid).filter(([name]) => name !== key));
const [x, y] = ["https://x.example/v1.jsonld", "https://y.example/v1.jsonld"];

const refused = [
  ["no context (core 28)", without("@context"), "activity stream must contain an @context array."],
  ["context not an array (core 28)", { ...valid, "@context": AS }, "activity stream must contain an @context array."],
  ["context not of strings (core 28)", { ...valid, "@context": [AS, 1, SOCKETHUB] }, "activity stream must contain an @context array."],
  ["no type (core 29)", without("type"), "activity stream must contain a type property."],
  ["type not a string (core 29)", { ...valid, type: 7 }, "activity stream must contain a type property."],
  ["no actor (core 30)", without("actor"), "activity stream must contain an actor property."],
  ["null actor (core 30)", { ...valid, actor: null }, "activity stream must contain an actor property."],
  ["unregistered platform (core 31)", { ...valid, "@context": [AS, SOCKETHUB, x] }, `${UNREGISTERED} Unregistered platform @context value: ${x}`],
  ["two unregistered platforms (core 32)", { ...valid, "@context": [AS, SOCKETHUB, x, y] },
    `${UNREGISTERED} Multiple platform @context values were provided: ${x}, ${y}.`],
  ["two registered platforms (core 32)", { ...valid, "@context": [...contextOf("dummy"), contextUrl("feeds")] },
    `${UNREGISTERED} Multiple platform @context values were provided: ${contextUrl("dummy")}, ${contextUrl("feeds")}.`],
  ["base contexts only (core 33)", { ...valid, "@context": [AS, SOCKETHUB] }, `${UNREGISTERED} No platform @context values were provided.`],
  ["error context (core 34)", { ...valid, "@context": contextOf("error") }, notEnabled("error")],
  ["internal context (core 34)", { ...valid, "@context": contextOf("sockethub:internal") }, notEnabled("sockethub:internal")],
  ["two contexts (core 35)", { ...valid, "@context": [AS, contextUrl("dummy")] }, "[dummy] /@context: must NOT have fewer than 3 items"],
  ["unknown property (core 36)", { ...valid, foo: "bar" }, "[dummy] activity stream: must NOT have additional properties: foo"],
  ["unknown verb (core 38, dummy 9)", { ...valid, type: "frob" }, "[dummy] /type: must be equal to one of the allowed values"],
  ["string actor (core 39)", { ...valid, actor: "a@d" }, `[dummy] /actor: must match exactly one schema in oneOf: ${ACTORS}`],
  ["actor not an object (core 39)", { ...valid, actor: 7 }, `[dummy] /actor: must match exactly one schema in oneOf: ${ACTORS}`],
  ["empty actor (core 39)", { ...valid, actor: {} }, `[dummy] /actor: must match exactly one schema in oneOf: ${ACTORS}`],
  ["actor without id (core 40)", { ...valid, actor: { type: "person" } }, "[dummy] /actor: must have required property 'id'"],
  ["actor with numeric id", { ...valid, actor: { id: 7, type: "person" } }, "[dummy] /actor/id: must be string"],
  ["feed that is no IRI (core 41)", { ...valid, actor: { id: "not iri", type: "feed" } }, '[dummy] /actor/id: must match format "iri"'],
  ["feed without scheme (core 41)", { ...valid, actor: { id: "example.org/x", type: "feed" } }, '[dummy] /actor/id: must match format "iri"'],
  ["unknown target (core 42)", { ...valid, target: { id: "t", type: "zork" } }, `[dummy] /target: must match exactly one schema in oneOf: ${TARGETS}`],
  ["closed target (core 43)", { ...valid, target: { id: "urn:x:y", type: "addressBook", name: "n" } },
    "[dummy] /target: must NOT have additional properties: name"],
  ["address with an id", { ...valid, target: { id: "urn:x:y", type: "address" } }, "[dummy] /target: must NOT have additional properties: id"],
  ["unknown calendar component", { ...valid, target: { id: "urn:x:y", type: "calendar", components: ["tent"] } },
    "[dummy] /target/components/0: must be equal to one of the allowed values: event, task"],
  ["object not an object", { ...valid, object: 7 }, "[dummy] /object: must be object"],
  ["bad date (core 45)", { ...valid, published: "nope" }, '[dummy] /published: must match format "date-time"'],
  ["date without time", { ...valid, published: "2026-05-01" }, '[dummy] /published: must match format "date-time"'],
];
for (const [name, activity, error] of refused) {
  test(`message, ${name}: refused, and returned as it came`, async (t) => {
    const answer = await ask(await connect(t, gateway), "message", activity);
    assert.deepEqual(answer, { ...activity, error });
  });
}

for (const payload of ["hello", null, 7, [], [1]]) {
  for (const event of ["message", "credentials"]) {
    test(`${event}, ${JSON.stringify(payload)}: not an object (core 26, 27)`, async (t) => {
      const { error } = await ask(await connect(t, gateway), event, payload);
      assert.equal(error, "message received is not an object.");
    });
  }
}

test("a session secret of the client's making is refused and not returned (core 37)", async (t) => {
  const answer = await ask(await connect(t, gateway), "message", { ...valid, sessionSecret: "guess" });
  assert.deepEqual(answer, { ...valid, error: "[dummy] activity stream: must NOT have additional properties: sessionSecret" });
});

const accepted = [
  ["extra property of an actor (core 43)", { ...valid, actor: { ...KIM, mood: "calm" } }],
  ["string object (core 44)", { ...valid, object: "hi" }, { content: "hi" }],
  ["IRI with umlaut", { ...valid, actor: { id: "http://localhost/ü", type: "feed" } }],
  ["URN", { ...valid, actor: { id: "urn:x:y", type: "feed" } }],
  ["published without time zone", { ...valid, published: "2026-05-01T10:00:00" }],
  ["platform as actor", { ...valid, actor: { id: "p", type: "platform" } }],
];
for (const [name, activity, object = activity.object] of accepted) {
  test(`message, ${name}: accepted`, async (t) => {
    assert.deepEqual(await ask(await connect(t, gateway), "message", activity), { ...echoed(activity), object });
  });
}

const refusedCredentials = [
  ["another type (core 46)", { ...credentials(), type: "send" }, "credential activity streams must have credentials set as type"],
  ["no context", { ...credentials(), "@context": undefined }, "activity stream must contain an @context array."],
  ["unknown property", { ...credentials(), foo: 1 }, "[dummy] activity stream: must NOT have additional properties: foo"],
];
for (const [name, activity, error] of refusedCredentials) {
  test(`credentials, ${name}: refused`, async (t) => {
    assert.equal((await ask(await connect(t, gateway), "credentials", activity)).error, error);
  });
}

test("an old client's context is understood (core 48)", async (t) => {
  const socket = await connect(t, gateway);
  const legacy = { ...without("@context"), context: "dummy" };
  assert.deepEqual(await ask(socket, "message", legacy), echoed(valid));
  assert.deepEqual(await ask(socket, "message", { ...valid, context: "dummy" }), echoed(valid));
});

test("with legacyContext off it is not (core 48)", async (t) => {
  const strict = await startGateway({ legacyContext: false });
  t.after(() => strict.stop());
  const { error } = await ask(await connect(t, strict), "message", { ...without("@context"), context: "dummy" });
  assert.equal(error, "activity stream must contain an @context array.");
});

test("an activity-object stands for its id, in its session only (core 49)", async (t) => {
  const [socket, other] = [await connect(t, gateway), await connect(t, gateway)];
  const answer = await ask(socket, "activity-object", KIM);
  assert.ok(!answer?.error);
  const activity = { ...valid, actor: KIM.id };
  assert.deepEqual((await ask(socket, "message", activity)).target, KIM);
  assert.match((await ask(other, "message", activity)).error, /must match exactly one schema in oneOf/);
  assert.ok((await ask(socket, "activity-object", { name: "nobody" })).error);
});
