// The published SDK, unmodified, on a real XMPP server: what the contract's own suite asserts (platforms.md 12.2).

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";

import SockethubClient from "@sockethub/client";

import { contextOf } from "./activities.mjs";
import { startGateway } from "./gateway.mjs";
import { PASSWORD, startServer } from "./servers.mjs";
import { ask, connect } from "./sockets.mjs";

const AUTHORITY = /authority (.+)/;

let server;
let gateway;
before(async () => {
  server = await startServer("prosody", AUTHORITY);
  const [, authority] = AUTHORITY.exec(server.lines.at(-1));
  gateway = await startGateway({
    platforms: ["@sockethub/platform-dummy", "@sockethub/platform-xmpp"],
    packageConfig: {
      "@sockethub/platform-xmpp": {
        allowPrivateAddresses: true,
        certificateAuthorities: await readFile(authority, "utf8"),
      },
    },
  });
});
after(() => Promise.all([gateway?.stop(), server?.stop()]));

const room = (name) => ({ type: "room", id: `${name}@muc.x.example` });
const person = (id) => ({ type: "person", id });

/** Tabs that were opened. Each has a resource of its own, so that none is told what was said to the others. */
let tabs = 0;

/** Somebody with the SDK, and what comes in. */
class Sailor {
  heard = [];
  #waiting = [];

  constructor(raw, user, resource) {
    this.sc = new SockethubClient(raw);
    this.user = user;
    this.resource = resource;
    this.actor = { type: "person", id: `${user}@x.example/${resource}` };
    this.sc.socket.on("message", (activity) => {
      this.heard.push(activity);
      this.#waiting = this.#waiting.filter(({ wanted, resolve }) => !wanted(activity) || resolve(activity));
    });
  }

  static async arrive(t, user, resource = `tab${++tabs}`) {
    const sailor = new Sailor(await connect(t, gateway), user, resource);
    await sailor.sc.ready?.();
    return sailor;
  }

  static async aboard(t, user, resource) {
    const sailor = await Sailor.arrive(t, user, resource);
    const connected = await sailor.connect();
    assert.equal(connected.error, undefined);
    return sailor;
  }

  /** Gives credentials, and connects. */
  async connect(object = {}) {
    const confirmed = await ask(this.sc.socket, "credentials", {
      "@context": contextOf("xmpp"),
      type: "credentials",
      actor: this.actor,
      object: {
        type: "credentials",
        userAddress: `${this.user}@x.example`,
        password: PASSWORD,
        resource: this.resource,
        server: "127.0.0.1",
        port: server.ports[0],
        ...object,
      },
    });
    assert.equal(confirmed.error, undefined);
    return this.does("connect");
  }

  does(type, target, object, actor = this.actor) {
    return ask(this.sc.socket, "message", {
      "@context": contextOf("xmpp"),
      type,
      actor,
      ...(target && { target }),
      ...(object && { object }),
    });
  }

  async succeeds(...activity) {
    const answer = await this.does(...activity);
    assert.equal(answer.error, undefined);
    return answer;
  }

  /** Enters a room under this nick, and waits until it is in it. */
  async joins(target, nick) {
    const joined = await this.succeeds("join", target, undefined, { ...this.actor, name: nick });
    assert.deepEqual(joined.target, target); // xmpp 6
    return this.hears(({ actor, object }) => actor.id === `${target.id}/${nick}` && object?.type === "presence");
  }

  /** The first activity, past or to come, that is `wanted`. */
  hears(wanted) {
    const past = this.heard.find(wanted);
    return past ?? new Promise((resolve) => this.#waiting.push({ wanted, resolve }));
  }
}

const message = (content) => ({ type: "message", content });
const isSaid = (content) => (activity) => activity.type === "send" && activity.object.content === content;

test("connecting is answered as it was asked, and pushes nothing (xmpp 1)", async (t) => {
  const kim = await Sailor.arrive(t, "kim");
  const connected = await kim.connect();
  assert.equal(connected.error, undefined);
  assert.equal(connected.type, "connect");
  assert.deepEqual(connected.actor, kim.actor);
  // What was sent to itself last has come, so anything before it would have come too.
  await kim.succeeds("send", person(kim.actor.id), message("to myself"));
  await kim.hears(isSaid("to myself"));
  assert.equal(kim.heard.length, 1);
});

test("a wrong password is told, and the right one connects afterwards (xmpp 2, 3)", async (t) => {
  const stranger = await Sailor.arrive(t, "lou");
  const refused = await stranger.connect({ password: "wrong" });
  assert.match(refused.error, /^connection failed: not-authorized/);
  assert.ok(refused.error.endsWith(`(service: 127.0.0.1:${server.ports[0]})`), refused.error);
  assert.ok(stranger.heard.length <= 1 && stranger.heard.every(({ type }) => type === "connect"));
  await Sailor.aboard(t, "lou");
});

test("everybody in a room hears what is said, the speaker too (xmpp 6, 7, 8, 9)", async (t) => {
  const deck = room("deck");
  const kim = await Sailor.aboard(t, "kim");
  const lou = await Sailor.aboard(t, "lou");
  const there = await kim.joins(deck, "kim");
  assert.deepEqual(there.actor, { type: "room", id: `${deck.id}/kim` });
  assert.deepEqual(there.object, { type: "presence", presence: "online" });
  await kim.succeeds("update", deck, { type: "room-config" });
  // Without a name, it is the account's.
  await lou.succeeds("join", deck);
  await lou.hears(({ actor }) => actor.id === `${deck.id}/lou`);
  for (const speaker of [kim, lou]) {
    const answer = await speaker.succeeds("send", deck, message(`ahoy from ${speaker.user}`));
    assert.deepEqual(answer.object, message(`ahoy from ${speaker.user}`));
    for (const listener of [kim, lou]) {
      const { actor, target, object } = await listener.hears(isSaid(`ahoy from ${speaker.user}`));
      assert.deepEqual(actor, { type: "person", id: `${deck.id}/${speaker.user}`, name: speaker.user });
      assert.deepEqual(target, deck);
      assert.equal(object.type, "message");
    }
  }
  await lou.succeeds("leave", deck);
  const gone = await kim.hears(({ actor, object }) => actor.id === `${deck.id}/lou` && object?.presence === "offline");
  assert.equal(gone.actor.type, "room");
  await kim.succeeds("leave", deck);
});

test("joining is answered at once, and what is wrong comes as a push (xmpp 6)", async (t) => {
  const [kim, lou] = [await Sailor.aboard(t, "kim"), await Sailor.aboard(t, "lou")];
  const nowhere = { type: "room", id: "test@x.example" };
  assert.deepEqual((await kim.succeeds("join", nowhere)).target, nowhere);
  const bridge = room("bridge");
  await kim.joins(bridge, "kim");
  await kim.succeeds("update", bridge, { type: "room-config" });
  await lou.succeeds("join", bridge, undefined, { ...lou.actor, name: "kim" });
  const refused = await lou.hears(({ error }) => error);
  assert.equal(refused.type, "update");
  assert.equal(refused.actor.type, "room");
  assert.match(refused.error, /^<error .*<conflict/s);
});

test("two resources of an account are two connections (xmpp 24)", async (t) => {
  const web = await Sailor.aboard(t, "kim", "web");
  const phone = await Sailor.aboard(t, "kim", "phone");
  const lou = await Sailor.aboard(t, "lou");
  await lou.succeeds("send", person(phone.actor.id), message("on the phone"));
  const { actor, target } = await phone.hears(isSaid("on the phone"));
  assert.deepEqual([actor, target], [lou.actor, phone.actor]);
  await lou.succeeds("send", person(web.actor.id), message("on the web"));
  await web.hears(isSaid("on the web"));
  assert.equal(web.heard.find(isSaid("on the phone")), undefined);
});

test("messages keep their ids, and corrections name what they correct (xmpp 11, 12)", async (t) => {
  const [kim, lou] = [await Sailor.aboard(t, "kim"), await Sailor.aboard(t, "lou")];
  const corrected = { ...message("all hands!"), id: "m2", "xmpp:replace": { id: "m1" } };
  await kim.succeeds("send", person(lou.actor.id), corrected);
  const { actor, object } = await lou.hears(isSaid("all hands!"));
  assert.deepEqual(actor, kim.actor);
  assert.deepEqual([object.id, object["xmpp:replace"]], ["m2", { id: "m1" }]);
});

test("who is away is seen to be by those who may know (xmpp 16, 29)", async (t) => {
  const [kim, lou] = [await Sailor.aboard(t, "kim"), await Sailor.aboard(t, "lou")];
  for (const sailor of [kim, lou]) {
    // Servers tell of requests those who asked for their contacts.
    await sailor.succeeds("query", undefined, { type: "roster" });
    await sailor.succeeds("update", undefined, { type: "presence", presence: "online" });
  }
  await kim.succeeds("request-friend", person("lou@x.example"));
  const asked = await lou.hears(({ type }) => type === "request-friend");
  assert.deepEqual(asked.actor, person("kim@x.example"));
  await lou.succeeds("make-friend", asked.actor);
  await lou.succeeds("update", undefined, { type: "presence", presence: "away", content: "lunch" });
  const seen = await kim.hears(({ object }) => object?.presence === "away");
  assert.deepEqual(seen.actor, lou.actor);
  assert.equal(seen.object.content, "lunch");
});

test("who uses only stateless platforms is pushed nothing (xmpp 30)", async (t) => {
  const bystander = new SockethubClient(await connect(t, gateway));
  const heard = [];
  bystander.socket.on("message", (activity) => heard.push(activity));
  const kim = await Sailor.aboard(t, "kim");
  await kim.succeeds("send", person(kim.actor.id), message("to nobody else"));
  await kim.hears(isSaid("to nobody else"));
  const echo = { "@context": contextOf("dummy"), type: "echo", actor: person("bystander"), object: message("me") };
  assert.equal((await ask(bystander.socket, "message", echo)).error, undefined);
  assert.deepEqual(heard, []);
});

test("pushes have the context and the types of the contract", async (t) => {
  const kim = await Sailor.aboard(t, "kim");
  await kim.joins(room("galley"), "kim");
  await kim.succeeds("send", room("galley"), message("anybody here?"));
  await kim.hears(isSaid("anybody here?"));
  await kim.succeeds("query", room("galley"), { type: "room-info" });
  await kim.hears(({ object }) => object?.type === "room-info");
  assert.deepEqual(
    kim.heard.map(({ type, actor, object }) => [type, actor.type, object.type]),
    [
      ["update", "room", "presence"],
      ["send", "person", "message"],
      ["query", "room", "room-info"],
    ],
  );
  for (const activity of kim.heard) {
    assert.deepEqual(activity["@context"], contextOf("xmpp"));
  }
});
