// Feeds through the gateway: feeds 1-19 and 21-26 as far as sockets show them.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { contextOf, fetchFeed } from "./activities.mjs";
import { serveFeeds } from "./feed-server.mjs";
import { startGateway } from "./gateway.mjs";
import { ask, connect } from "./sockets.mjs";

let gateway;
let feeds;
before(async () => ([gateway, feeds] = await Promise.all([startGateway(), serveFeeds()])));
after(() => Promise.all([gateway?.stop(), feeds?.close()]));

const fetched = async (t, url, object) => ask(await connect(t, gateway), "message", fetchFeed(url, object));
const titles = ({ items }) => items.map(({ object }) => object.title);

test("the gateway's own feed has twenty entries in HTML (feeds 1-3)", async (t) => {
  const collection = await fetched(t, `${gateway.origin}/feed.xml`);
  assert.equal(collection.error, undefined);
  assert.equal(collection.type, "collection");
  assert.deepEqual(collection["@context"], contextOf("feeds"));
  assert.equal(collection.totalItems, 20);
  assert.equal(collection.items.length, 20);
  assert.equal(collection.summary, "Notes on Footbridges");
  assert.equal(collection.id, null); // feeds 15
  for (const { type, actor, object } of collection.items) {
    assert.equal(type, "post");
    assert.equal(actor.type, "feed");
    assert.equal(actor.id, `${gateway.origin}/feed.xml`);
    assert.equal(object.contentType, "html");
    for (const key of ["title", "id", "url", "content", "published"]) {
      assert.equal(typeof object[key], "string", key);
    }
    assert.equal(object.datenum, Date.parse(object.published));
  }
});

test("the request's id marks the collection and its items", async (t) => {
  const activity = { ...fetchFeed(`${gateway.origin}/feed.xml`, { limit: 2 }), id: "req-1" };
  const { id, items } = await ask(await connect(t, gateway), "message", activity);
  assert.deepEqual([id, ...items.map((item) => item.id)], ["req-1", "req-1", "req-1"]);
});

test("entries without link or guid are still addressed (feeds 4, 5)", async (t) => {
  const url = feeds.url("/rss");
  const { items } = await fetched(t, url);
  const byTitle = Object.fromEntries(items.map(({ object }) => [object.title, object]));
  assert.equal(byTitle.short.url, url);
  assert.equal(byTitle.short.id, "g-short");
  assert.ok(byTitle.epoch.id.endsWith("#0"));
  assert.equal(byTitle.epoch.datenum, 0);
  assert.equal(byTitle.undated.content, "<b>bold</b>"); // feeds 16
  assert.equal(byTitle.undated.published, undefined);
});

test("long entries are articles, the newest comes first (feeds 6)", async (t) => {
  const collection = await fetched(t, feeds.url("/rss"));
  assert.deepEqual(titles(collection), ["short", "long", "epoch", "undated"]);
  assert.deepEqual(collection.items.slice(0, 2).map(({ object }) => object.type), ["note", "article"]);
});

test("limit and since choose, since first (feeds 7-10)", async (t) => {
  const url = `${gateway.origin}/feed.xml`;
  assert.equal((await fetched(t, url, { limit: 5 })).totalItems, 5);
  const none = await fetched(t, url, { since: "2999-01-01T00:00:00Z" });
  assert.deepEqual([none.totalItems, none.items, none.summary], [0, [], "Unknown Feed"]);
  const since = "2026-04-30T00:00:00Z";
  assert.deepEqual(titles(await fetched(t, feeds.url("/rss"), { since })), ["short", "long"]);
  assert.deepEqual(titles(await fetched(t, feeds.url("/rss"), { since, limit: 1 })), ["short"]);
});

const refused = [
  [{ limit: 0 }, "[feeds] /object/limit: must be >= 1"],
  [{ limit: 1.5 }, "[feeds] /object/limit: must be integer"],
  [{ limit: "5" }, "[feeds] /object/limit: must be integer"],
  [{ depth: 1 }, "[feeds] /object: must NOT have additional properties: depth"],
];
for (const [object, error] of refused) {
  test(`${JSON.stringify(object)} is refused (feeds 7, 11)`, async (t) => {
    assert.equal((await fetched(t, feeds.url("/rss"), object)).error, error);
  });
}

test("an Atom feed has its own ids (feeds 4, 21)", async (t) => {
  const url = feeds.url("/atom");
  const { summary, items } = await fetched(t, url);
  assert.equal(summary, "Harbour Atom");
  const [low, bare] = items;
  assert.deepEqual(
    { name: low.actor.name, link: low.actor.link, description: low.actor.description, author: low.actor.author, language: low.actor.language },
    { name: "Harbour Atom", link: "http://harbour.example/", description: "Ships and tides", author: "Ana Reyes", language: "en" },
  );
  assert.equal(low.object.content, "<p>Water is low.</p>");
  assert.equal(low.object.brief, "In short");
  assert.equal(low.object.contentType, "html");
  assert.deepEqual([bare.object.id, bare.object.url], ["urn:harbour:1", url]);
  assert.equal(bare.object.published, "2026-05-01T08:00:00.000Z");
  assert.equal(bare.object.contentType, "text");
});

test("an RDF feed yields entries (feeds 22)", async (t) => {
  const { summary, items } = await fetched(t, feeds.url("/rdf"));
  assert.equal(summary, "Harbour RDF");
  assert.deepEqual([items[0].object.title, items[0].object.url, items[0].object.datenum],
    ["High tide", "http://harbour.example/r1", Date.parse("2026-05-01T08:00:00Z")]);
});

test("a JSON feed yields entries (feeds 23)", async (t) => {
  const { summary, items } = await fetched(t, feeds.url("/json"));
  assert.equal(summary, "Harbour JSON");
  assert.deepEqual([items[0].object.title, items[0].object.content, items[0].object.contentType], ["Fog", "<p>Fog horn.</p>", "html"]);
});

test("an empty channel is an empty collection (feeds 13)", async (t) => {
  const { error, totalItems, items, summary } = await fetched(t, feeds.url("/empty"));
  assert.deepEqual([error, totalItems, items, summary], [undefined, 0, [], "Unknown Feed"]);
});

test("a feed is read in the encoding that it declares (feeds 25)", async (t) => {
  const collection = await fetched(t, feeds.url("/latin1"));
  assert.deepEqual([collection.summary, ...titles(collection)], ["Café", "ü"]);
});

test("sloppy text does not lose the feed (feeds 26)", async (t) => {
  const collection = await fetched(t, feeds.url("/sloppy"));
  assert.equal(collection.totalItems, 2, collection.error);
  assert.ok(titles(collection).includes("salt & pepper"));
});

test("what is not there or no feed is an error in words (feeds 18, 24)", async (t) => {
  const missing = feeds.url("/missing");
  assert.match((await fetched(t, missing)).error, /^Error: request failed: 404 Not Found for /);
  assert.match((await fetched(t, feeds.url("/html"))).error, /\S/);
});

test("addresses of this machine are refused unless allowed (feeds 19)", async (t) => {
  const guarded = await startGateway({ packageConfig: undefined });
  t.after(() => guarded.stop());
  const { error } = await ask(await connect(t, guarded), "message", fetchFeed(feeds.url("/rss")));
  assert.match(error, /non-public address/);
});
