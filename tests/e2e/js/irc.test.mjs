// The published SDK, unmodified, on a real IRC network: what the contract's own suite asserts (platforms.md 12.2).

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import SockethubClient from "@sockethub/client";

import { contextOf } from "./activities.mjs";
import { startGateway } from "./gateway.mjs";
import { PASSWORD, startServer } from "./servers.mjs";
import { ask, connect } from "./sockets.mjs";

let server;
let gateway;
before(async () => {
  server = await startServer("inspircd");
  gateway = await startGateway({
    platforms: ["@sockethub/platform-irc"],
    packageConfig: { "@sockethub/platform-irc": { allowPrivateAddresses: true } },
  });
});
after(() => Promise.all([gateway?.stop(), server?.stop()]));

const ROOM = { type: "room", id: "#sockethub-test", name: "#sockethub-test" };

/** Somebody with the SDK, and what comes in. */
class Sailor {
  heard = [];
  #waiting = [];

  constructor(raw, nick) {
    this.sc = new SockethubClient(raw);
    this.actor = { type: "person", id: `${nick}@localhost`, name: nick };
    this.nick = nick;
    this.sc.socket.on("message", (activity) => {
      this.heard.push(activity);
      this.#waiting = this.#waiting.filter(({ wanted, resolve }) => !wanted(activity) || resolve(activity));
    });
  }

  static async arrive(t, nick) {
    const sailor = new Sailor(await connect(t, gateway), nick);
    await sailor.sc.ready?.();
    return sailor;
  }

  /** Gives credentials, and connects. */
  async connect(object = {}) {
    const confirmed = await ask(this.sc.socket, "credentials", {
      "@context": contextOf("irc"),
      type: "credentials",
      actor: this.actor,
      object: { type: "credentials", nick: this.nick, server: "localhost", port: server.ports[0], secure: false, ...object },
    });
    assert.equal(confirmed.error, undefined);
    return this.does("connect");
  }

  does(type, target, object) {
    return ask(this.sc.socket, "message", {
      "@context": contextOf("irc"),
      type,
      actor: this.actor,
      ...(target && { target }),
      ...(object && { object }),
    });
  }

  /** The first activity, past or to come, that is `wanted`. */
  hears(wanted) {
    const past = this.heard.find(wanted);
    return past ?? new Promise((resolve) => this.#waiting.push({ wanted, resolve }));
  }

  async aboard(object) {
    const connected = await this.connect(object);
    assert.equal(connected.error, undefined);
    const joined = await this.does("join", ROOM);
    assert.equal(joined.error, undefined);
    assert.deepEqual(joined.target, ROOM); // irc 10
    return this;
  }
}

const says = (sailor, content) => sailor.does("send", ROOM, { type: "message", content });
const isSaid = (content) => (activity) => activity.type === "send" && activity.object.content === content;

test("five in a room hear each other, and not themselves (irc 12, 13, 14)", async (t) => {
  const nicks = ["ana", "ben", "cho", "dee", "eli"];
  const crew = await Promise.all(nicks.map(async (nick) => (await Sailor.arrive(t, nick)).aboard()));
  const answers = await Promise.all(crew.slice(0, 3).map((sailor) => says(sailor, `ahoy from ${sailor.nick}`)));
  for (const [index, answer] of answers.entries()) {
    assert.equal(answer.error, undefined);
    assert.equal(answer.object.content, `ahoy from ${nicks[index]}`);
  }
  for (const sailor of crew) {
    for (const speaker of crew.slice(0, 3).filter((other) => other !== sailor)) {
      const { actor, target, object } = await sailor.hears(isSaid(`ahoy from ${speaker.nick}`));
      assert.deepEqual(actor, speaker.actor);
      assert.deepEqual(target, { type: "room", id: "localhost/#sockethub-test", name: "#sockethub-test" });
      assert.equal(object.type, "message");
    }
  }
  // What was said last has come to everybody, so an echo would have come too.
  for (const speaker of crew.slice(0, 3)) {
    assert.equal(speaker.heard.find(isSaid(`ahoy from ${speaker.nick}`)), undefined);
  }
});

test("an account logs in, and one with a wrong password does not (irc 2, 4)", async (t) => {
  const kim = await (await Sailor.arrive(t, "kim")).aboard({ password: PASSWORD });
  assert.equal((await says(kim, "logged in")).error, undefined);
  assert.equal((await kim.does("leave", ROOM)).error, undefined);
  const stranger = await Sailor.arrive(t, "lou");
  const refused = await stranger.connect({ password: "wrong" });
  assert.equal(refused.error, "unable to connect to server: sasl authentication failed");
});

test("a taken nick is refused, and its owner goes on (irc 5)", async (t) => {
  const first = await (await Sailor.arrive(t, "mia")).aboard();
  const second = await Sailor.arrive(t, "mia2");
  const refused = await second.connect({ nick: "mia" });
  assert.equal(refused.error, "unable to connect to server: nicknames unavailable");
  assert.equal((await says(first, "still here")).error, undefined);
});

test("topics, members and another nick (irc 18, 19, 20)", async (t) => {
  const room = { type: "room", id: "#bridge", name: "#bridge" };
  const [nia, oto] = await Promise.all(["nia", "oto"].map((nick) => Sailor.arrive(t, nick)));
  await nia.connect();
  await nia.does("join", room);
  await oto.connect();
  await oto.does("join", room);
  const topic = { type: "topic", content: "mind the gap: really" };
  assert.equal((await nia.does("update", room, topic)).error, undefined);
  assert.deepEqual((await oto.hears(({ object }) => object?.type === "topic" && object.content === topic.content)).actor, nia.actor);

  assert.equal((await oto.does("query", room, { type: "attendance" })).error, undefined);
  const member = await oto.hears(({ actor, object }) => actor.id === nia.actor.id && object?.type === "presence");
  assert.equal(member.object.role, "owner");

  const renamed = { type: "person", id: "nina@localhost", name: "nina" };
  assert.equal((await nia.does("update", renamed, { type: "address" })).error, undefined);
  assert.deepEqual((await oto.hears(({ object }) => object?.type === "address")).target, renamed);
  nia.actor = renamed;
  assert.equal((await nia.does("send", room, { type: "message", content: "it is me" })).error, undefined);
  assert.deepEqual((await oto.hears(isSaid("it is me"))).actor, renamed);
});

test("every push obeys the schema that the gateway announces", async (t) => {
  const [pia, quy] = await Promise.all(["pia", "quy"].map(async (nick) => (await Sailor.arrive(t, nick)).aboard()));
  await says(pia, "/me waves");
  const { object } = await quy.hears(({ object }) => object?.type === "me");
  assert.equal(object.content, "waves");
  const known = ["update", "send", "join", "leave", "add", "remove"];
  for (const activity of [...pia.heard, ...quy.heard]) {
    assert.ok(known.includes(activity.type), activity.type);
    assert.deepEqual(activity["@context"], contextOf("irc"));
    assert.equal(new Date(activity.published).toISOString(), activity.published);
  }
});
