// The test platform, as far as sockets show it: dummy 1-14 and 16, core 89.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { contextOf, dummy, echo, echoed, fetchFeed } from "./activities.mjs";
import { startGateway } from "./gateway.mjs";
import { ask, connect } from "./sockets.mjs";

let gateway;
before(async () => (gateway = await startGateway()));
after(() => gateway?.stop());

test("echo returns actor, object and id as sent (dummy 1-4)", async (t) => {
  const activity = { ...echo("ping 7"), id: "e1", actor: { id: "mia@dummy", type: "person", name: "Mia" } };
  assert.deepEqual(await ask(await connect(t, gateway), "message", activity), echoed(activity));
});

test("greet puts its greeting first (dummy 5)", async (t) => {
  const { object } = await ask(await connect(t, gateway), "message", dummy("greet", "Kim"));
  assert.equal(object.content, "Hello Kim");
});

test("the greeting is a setting (dummy 6)", async (t) => {
  const polite = await startGateway({ packageConfig: { "@sockethub/platform-dummy": { greeting: "Good evening" } } });
  t.after(() => polite.stop());
  const { object } = await ask(await connect(t, polite), "message", dummy("greet", "Kim"));
  assert.equal(object.content, "Good evening Kim");
});

for (const verb of ["fail", "throw"]) {
  test(`${verb} answers with the content as error (dummy 7, 8)`, async (t) => {
    const activity = dummy(verb, "broken");
    assert.deepEqual(await ask(await connect(t, gateway), "message", activity), { ...activity, error: "Error: broken" });
  });
}

test("a failing verb without object is an error, not a crash", async (t) => {
  const { object: _, ...activity } = dummy("fail", "");
  const { error } = await ask(await connect(t, gateway), "message", activity);
  assert.equal(typeof error, "string");
});

for (const verb of ["exit0", "exit1", "throwTypeError", "throwReferenceError", "sigterm", "sigkill"]) {
  test(`${verb} is answered with an error, and the next echo is served (dummy 10-12, 16)`, async (t) => {
    const socket = await connect(t, gateway);
    const { error, type } = await ask(socket, "message", dummy(verb, "bye"));
    assert.equal(type, verb);
    assert.equal(typeof error, "string");
    assert.deepEqual(await ask(socket, "message", echo("again")), echoed(echo("again")));
  });
}

test("a crash answers what other sessions had under way (core 89)", async (t) => {
  const [socket, other] = [await connect(t, gateway), await connect(t, gateway)];
  const answers = await Promise.all([
    ask(socket, "message", dummy("exit1", "bye")),
    ...Array.from({ length: 20 }, (_, n) => ask(other, "message", echo(`bystander ${n}`))),
  ]);
  assert.equal(typeof answers[0].error, "string");
  for (const answer of answers.slice(1)) {
    assert.ok(answer.error !== undefined || answer.actor.id === "dummy", JSON.stringify(answer));
  }
  assert.deepEqual(await ask(other, "message", echo("again")), echoed(echo("again")));
});

test("a hanging worker is found out, other platforms go on meanwhile (dummy 13)", async (t) => {
  const nervous = await startGateway({ platformHeartbeat: { intervalMs: 500, timeoutMs: 2000 } });
  t.after(() => nervous.stop());
  const socket = await connect(t, nervous);
  const order = [];
  const hanging = ask(socket, "message", dummy("hang", "zzz")).then((answer) => {
    order.push("hang");
    return answer;
  });
  const feed = await ask(socket, "message", fetchFeed(`${nervous.origin}/feed.xml`));
  order.push("feed");
  assert.equal(feed.totalItems, 20);
  const { error } = await hanging;
  assert.equal(typeof error, "string");
  assert.deepEqual(order, ["feed", "hang"]);
  assert.deepEqual(await ask(socket, "message", echo("again")), echoed(echo("again")));
});

test("ten echoes at once are all answered (dummy 14)", async (t) => {
  const socket = await connect(t, gateway);
  const echoes = Array.from({ length: 10 }, (_, n) => echo(`parallel ${n}`));
  assert.deepEqual(await Promise.all(echoes.map((activity) => ask(socket, "message", activity))), echoes.map(echoed));
});

test("without enabling it a platform is not there", async (t) => {
  const bare = await startGateway({ platforms: ["@sockethub/platform-dummy"] });
  t.after(() => bare.stop());
  const { error } = await ask(await connect(t, bare), "message", fetchFeed(`${bare.origin}/feed.xml`));
  assert.match(error, new RegExp(`Unregistered platform @context value: ${contextOf("feeds")[2]}$`));
});
