// The rules and words of core.md 2.2-2.5, as far as a client applies them.

import assert from "node:assert/strict";
import { test } from "node:test";

import { complete, isObject, type ActivityEvent, type Json } from "../src/activity.js";
import { readRegistry } from "../src/registry.js";
import { Validator } from "../src/validator.js";
import { AS, SOCKETHUB, chat, contextOf, echo, registry } from "./fake-socket.js";

const known = readRegistry(registry());
assert.ok(known);
const validator = new Validator(known);

function refusal(event: ActivityEvent, activity: unknown): string | undefined {
  return validator.refusal(event, isObject(activity) ? complete(event, activity) : activity);
}

const valid = echo("hi");
const actors = "person, room, service, feed, website";
const onePlatform = "exactly one registered platform context URL in @context";

const messages: [name: string, change: unknown, error: string | undefined][] = [
  ["valid", {}, undefined],
  ["any order of contexts (core 16)", { "@context": contextOf("dummy").reverse() }, undefined],
  ["id and published (core 17)", { id: "1", published: "2026-05-01T10:00:00Z" }, undefined],
  ["published without zone", { published: "2026-05-01T10:00:00" }, undefined],
  ["extra member of actor (core 43)", { actor: { id: "a", type: "person", mood: 1 } }, undefined],
  ["iri actor", { actor: { id: "http://localhost/ü", type: "feed" } }, undefined],
  ["urn actor", { actor: { id: "urn:x:y", type: "feed" } }, undefined],
  ["string object (core 44)", { object: "hi" }, undefined],
  ["no context (core 28)", { "@context": undefined }, "activity stream must contain an @context array."],
  ["mixed context", { "@context": [1] }, "activity stream must contain an @context array."],
  ["no type (core 29)", { type: undefined }, "activity stream must contain a type property."],
  ["null actor (core 30)", { actor: null }, "activity stream must contain an actor property."],
  ["unknown platform (core 31)", { "@context": [AS, SOCKETHUB, "https://x.example/"] }, `activity streams must have ${onePlatform}`],
  ["two platforms (core 32)", { "@context": [...contextOf("dummy"), contextOf("chat")[2]] }, `activity streams must have ${onePlatform}`],
  ["one platform twice", { "@context": [...contextOf("dummy"), contextOf("dummy")[2]] }, `activity streams must have ${onePlatform}`],
  ["two contexts (core 35)", { "@context": contextOf("dummy").slice(1) }, "[dummy] /@context: must NOT have fewer than 3 items"],
  ["unknown property (core 36)", { foo: 1 }, "[dummy] activity stream: must NOT have additional properties: foo"],
  ["unknown verb (core 38)", { type: "frob" }, "[dummy] /type: must be equal to one of the allowed values"],
  ["actor of no known type", { actor: { id: "x", type: "zork" } }, `[dummy] /actor: must match exactly one schema in oneOf: ${actors}`],
  ["actor without id (core 40)", { actor: { type: "person" } }, "[dummy] /actor: must have required property 'id'"],
  ["actor with numeric id", { actor: { id: 1, type: "person" } }, "[dummy] /actor/id: must be string"],
  ["actor with bad iri (core 41)", { actor: { id: "not iri", type: "feed" } }, '[dummy] /actor/id: must match format "iri"'],
  ["target of no known type (core 42)", { target: { id: "x", type: "zork" } },
    `[dummy] /target: must match exactly one schema in oneOf: ${actors}, address, calendar, addressBook`],
  ["closed entity (core 43)", { target: { id: "urn:a:b", type: "addressBook", name: "n" } },
    "[dummy] /target: must NOT have additional properties: name"],
  ["enum inside an entity", { target: { id: "urn:a:b", type: "calendar", components: ["tent"] } },
    "[dummy] /target/components/0: must be equal to one of the allowed values: event, task"],
  ["object not an object", { object: 7 }, "[dummy] /object: must be object"],
  ["bad date (core 45)", { published: "nope" }, '[dummy] /published: must match format "date-time"'],
  ["date without time", { published: "2026-05-01" }, '[dummy] /published: must match format "date-time"'],
  ["unknown property of the gateway (core 37)", { sessionSecret: "x" },
    "[dummy] activity stream: must NOT have additional properties: sessionSecret"],
];

for (const [name, change, error] of messages) {
  test(`message: ${name}`, () => assert.equal(refusal("message", { ...valid, ...(change as Json) }), error));
}

for (const value of ["hi", 7, null, undefined, []]) {
  test(`message: ${JSON.stringify(value)} is not an object (core 26, 27)`, () =>
    assert.equal(refusal("message", value), "message received is not an object."));
}

const credentials: [name: string, change: Json, error: string | undefined][] = [
  ["valid", {}, undefined],
  ["no context", { "@context": undefined }, "credential activity streams must have an @context set"],
  ["unknown platform", { "@context": [AS, SOCKETHUB, "https://x.example/"] }, `credential activity streams must have ${onePlatform}`],
  ["another type (core 46)", { type: "send" }, "credential activity streams must have credentials set as type"],
  ["missing field (core 47)", { object: { type: "credentials" } }, "[chat] /object: must have required property 'nick'"],
  ["unknown field", { object: { type: "credentials", nick: "k", z: 1 } }, "[chat] /object: must NOT have additional properties: z"],
  ["bad port", { object: { type: "credentials", nick: "k", port: 0 } }, "[chat] /object/port: must be >= 1"],
  ["bad inner type", { object: { type: "x", nick: "k" } }, "[chat] /object/type: must be equal to constant"],
];

for (const [name, change, error] of credentials) {
  test(`credentials: ${name}`, () => assert.equal(refusal("credentials", { ...chat("credentials"), ...change }), error));
}

test("a schema that does not compile leaves its platform to the gateway, the others stay checked", () => {
  const broken = readRegistry(registry());
  assert.ok(broken?.platforms[1]);
  broken.platforms[1].schemas.messages = { type: "nonsense" };
  const lenient = new Validator(broken);
  assert.equal(lenient.complaints.length, 1);
  assert.match(lenient.complaints[0] ?? "", /^SockethubClient cannot use the schemas of chat/);
  assert.equal(lenient.refusal("message", complete("message", chat("send"))), undefined);
  assert.ok(lenient.refusal("message", complete("message", { ...echo("x"), type: "frob" })));
});
