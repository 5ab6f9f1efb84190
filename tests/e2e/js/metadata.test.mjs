// Previews of pages through the gateway and the published SDK, unmodified: metadata 1-19 and 26-27 as far as sockets show
// them, and what platforms.md 12.2 asks for.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import SockethubClient from "@sockethub/client";

import { contextOf, fetchPage } from "./activities.mjs";
import { startGateway } from "./gateway.mjs";
import { servePages } from "./page-server.mjs";
import { ask, connect } from "./sockets.mjs";

const PLATFORM = "@sockethub/platform-metadata";
const start = (packageConfig) => startGateway({ platforms: [PLATFORM], packageConfig });

let gateway;
let pages;
before(async () => ([gateway, pages] = await Promise.all([start({ [PLATFORM]: { allowPrivateAddresses: true } }), servePages()])));
after(() => Promise.all([gateway?.stop(), pages?.close()]));

async function fetched(t, url, object, from = gateway) {
  const sc = new SockethubClient(await connect(t, from));
  return ask(sc.socket, "message", fetchPage(url, object));
}

/** What the page at `path` says of itself. */
async function preview(t, path) {
  const { error, object } = await fetched(t, pages.url(path));
  assert.equal(error, undefined);
  return object;
}

test("the gateway's own page says what it is (metadata 1, 2; platforms.md 12.2)", async (t) => {
  const url = `${gateway.origin}/metadata-test.html`;
  const answer = await fetched(t, url);
  assert.equal(answer.error, undefined);
  assert.equal(answer.type, "fetch");
  assert.deepEqual(answer["@context"], contextOf("metadata"));
  assert.equal(answer.actor.id, url);
  const { type, title, description, url: own } = answer.object;
  assert.deepEqual([type, title], ["page", "Sockethub Metadata Test"]);
  assert.deepEqual([description, own], ["Local metadata fixture for integration tests", url]);
});

test("a request has no object (metadata 3)", async (t) => {
  assert.match((await fetched(t, pages.url("/title"), {})).error, /\[metadata\] \/object: /);
});

test("what a page does not say is left out (metadata 4, 7)", async (t) => {
  const { actor, object } = await fetched(t, pages.url("/title"));
  const { type, title, description, favicon, ...more } = object;
  assert.deepEqual([type, title, description, favicon], ["page", "Only a title", "", "/favicon.ico"]);
  assert.deepEqual(more, { language: "en", charset: "utf-8" });
  assert.deepEqual([actor.id, actor.name], [pages.url("/title"), pages.url("/title")]);
});

test("icons and addresses are those that the page names (metadata 5, 6)", async (t) => {
  assert.equal((await preview(t, "/icon")).favicon, "https://h.example/i.png");
  const { actor, object } = await fetched(t, pages.url("/canonical"));
  assert.deepEqual([actor.id, object.url], ["https://h.example/canonical", "https://h.example/canonical"]);
});

test("pictures are those that the page names, else those in it (metadata 8-10)", async (t) => {
  const { image } = await preview(t, "/image");
  assert.deepEqual(image, [{ url: "https://h.example/t.png", type: "png", width: "1200", height: "630", alt: "Chart" }]);
  assert.deepEqual((await preview(t, "/secure")).image.map(({ url }) => url), ["https://h.example/s.png"]);
  const pictures = (await preview(t, "/pictures")).image;
  assert.equal(pictures.length, 10);
  assert.ok(pictures.every(({ url, type }) => url.startsWith("https://h.example/") && type === "jpg"));
});

test("texts are put in order, whatever they are written in (metadata 26, 27)", async (t) => {
  assert.equal((await preview(t, "/text")).description, "First line\n\nSecond line");
  const { title, charset } = await preview(t, "/russian");
  assert.deepEqual([title, charset], ["Прилив", "windows-1251"]);
});

const failures = [
  ["/missing", "Error: 404 Not Found"],
  ["/gone", "Error: 410 Gone"],
  ["/teapot", "Error: Server has returned a 400/500 error code"],
  ["/json", "Error: Page must return a header content-type with text/"],
  ["/silent", "Error: The operation was aborted due to timeout"],
  ["/away", "Error: bad port"],
];
for (const [path, error] of failures) {
  test(`${path} fails by name, and nothing after it does (metadata 11, 12, 17, 18)`, async (t) => {
    assert.equal((await fetched(t, pages.url(path))).error, error);
    assert.equal((await preview(t, "/title")).title, "Only a title");
  });
}

test("what is named like a file is not asked for (metadata 13)", async (t) => {
  const before = pages.asked.length;
  assert.equal((await fetched(t, pages.url("/tides.pdf"))).error, "Error: Must scrape an HTML page");
  assert.equal(pages.asked.length, before);
});

test("what is not on the web is no page (metadata 14)", async (t) => {
  for (const url of ["ftp://h.example/x", "http://a_b.example/", "mailto:kim@h.example"]) {
    assert.equal((await fetched(t, url)).error, "Error: Invalid URL", url);
  }
});

test("localhost is a name like any other where it is allowed (metadata 15)", async (t) => {
  const url = pages.url("/title").replace("127.0.0.1", "localhost");
  assert.equal((await fetched(t, url)).object.title, "Only a title");
});

test("addresses of this machine are refused unless allowed (metadata 16)", async (t) => {
  const guarded = await start(undefined);
  t.after(() => guarded.stop());
  const { error } = await fetched(t, pages.url("/title"), undefined, guarded);
  assert.equal(error, "Error: blocked non-public address 127.0.0.1");
});

test("requests say who asks (metadata 19)", async (t) => {
  await preview(t, "/title");
  const { "user-agent": agent, accept } = pages.asked[0].headers;
  assert.match(agent, /SockethubBot.*\+https:\/\/sockethub\.org/);
  assert.equal(accept, "text/html");
  const ours = await start({ [PLATFORM]: { allowPrivateAddresses: true, userAgent: "Harbour/1" } });
  t.after(() => ours.stop());
  await fetched(t, pages.url("/title"), undefined, ours);
  assert.equal(pages.asked.at(-1).headers["user-agent"], "Harbour/1");
});
