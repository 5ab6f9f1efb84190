// What the gateway serves to browsers: core 99, and the start page.

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { echo } from "./activities.mjs";
import { ARTEFACTS, launchBrowser } from "./browser.mjs";
import { serveFeeds } from "./feed-server.mjs";
import { startGateway } from "./gateway.mjs";

let gateway;
let feeds;
let browser;
before(async () => {
  [gateway, feeds, browser] = await Promise.all([
    startGateway(),
    serveFeeds(),
    launchBrowser(),
  ]);
});
after(() => Promise.all([browser?.close(), gateway?.stop(), feeds?.close()]));

/** A page that fails its test on any error that it does not catch. */
async function open(t, path, options = {}) {
  const page = await browser.newPage(options);
  const errors = [];
  page.on("pageerror", (error) => errors.push(error));
  t.after(async () => {
    await page.close();
    assert.deepEqual(errors, []);
  });
  await page.goto(gateway.origin + path);
  return page;
}

for (const script of ["/sockethub-client.js", "/sockethub-client.min.js"]) {
  test(`script tags give io and SockethubClient: ${script} (core 99)`, async (t) => {
    const page = await open(t, "/feed.xml?plain");
    await page.setContent("<!doctype html><title>t</title>");
    await page.addScriptTag({ url: `${gateway.origin}/socket.io.js?v=1` });
    await page.addScriptTag({ url: gateway.origin + script });
    const answer = await page.evaluate(async ([origin, path]) => {
      const kinds = [typeof globalThis.io, typeof globalThis.SockethubClient];
      const sc = new globalThis.SockethubClient(globalThis.io(origin, { path }));
      const { reason } = await sc.ready();
      return { kinds, reason, context: sc.contextFor("dummy").length };
    }, [gateway.origin, gateway.path]);
    assert.deepEqual(answer, { kinds: ["function", "function"], reason: "initial-connect", context: 3 });
  });
}

test("where a page forbids generated code, the gateway applies the schemas alone", async (t) => {
  const page = await open(t, "/feed.xml");
  await page.setContent(`<!doctype html><meta http-equiv="content-security-policy" content="script-src ${gateway.origin}">`);
  for (const script of ["/socket.io.js", "/sockethub-client.js"]) {
    await page.addScriptTag({ url: gateway.origin + script });
  }
  const activity = { ...echo(), foo: 1 };
  const { told, error } = await page.evaluate(async ([origin, path, sent]) => {
    const sc = new globalThis.SockethubClient(globalThis.io(origin, { path }));
    const complained = new Promise((resolve) => sc.socket.once("client_error", resolve));
    await sc.ready();
    const answer = await new Promise((resolve) => sc.socket.emit("message", sent, resolve));
    return { told: (await complained).error, error: answer.error };
  }, [gateway.origin, gateway.path, activity]);
  assert.match(told, /^SockethubClient cannot use the schemas of /);
  assert.equal(error, "[dummy] activity stream: must NOT have additional properties: foo");
});

test("scripts are served for pages of any origin", async () => {
  for (const script of ["/socket.io.js", "/sockethub-client.js", "/sockethub-client.min.js", "/sockethub/socket.io.js"]) {
    const response = await fetch(`${gateway.origin}${script}?v=1`);
    assert.equal(response.status, 200, script);
    assert.equal(response.headers.get("content-type"), "text/javascript; charset=utf-8");
    assert.equal(response.headers.get("access-control-allow-origin"), "*");
    const etag = response.headers.get("etag");
    await response.text();
    const again = await fetch(gateway.origin + script, { headers: { "if-none-match": etag } });
    assert.equal(again.status, 304);
  }
});

test("the start page introduces the gateway and reads its feed", async (t) => {
  const page = await open(t, "/", { viewport: { width: 1100, height: 900 } });
  await page.locator("#state[data-state=ready]").waitFor();
  assert.deepEqual(await page.locator("#platforms li").evaluateAll((items) => items.map((item) => item.firstChild.textContent)), [
    "dummy",
    "feeds",
  ]);
  assert.equal(await page.locator("#feed-url").inputValue(), `${gateway.origin}/feed.xml`);

  await page.locator("#feed-submit").click();
  await page.locator("#entries li").nth(19).waitFor();
  const entries = page.locator("#entries li");
  assert.equal(await entries.count(), 20);
  for (const entry of await entries.all()) {
    await entry.scrollIntoViewIfNeeded();
    assert.ok(await entry.isVisible());
    assert.ok((await entry.locator("h3 a").getAttribute("href")).startsWith("https://footbridge.example/"));
    assert.ok(await entry.locator("time").getAttribute("datetime"));
    assert.doesNotMatch(await entry.locator("p").textContent(), /<\w/);
  }
  const text = await page.locator("#entries li", { hasText: "Load test" }).locator("p").textContent();
  assert.match(text, /in time\. once on the left once on the right/);
  assert.match(await page.locator("#feed-notice").textContent(), /^Notes on Footbridges: 20 entries$/);

  await page.locator(".traffic summary").click();
  assert.match(await page.locator("#traffic").textContent(), /→ message 2\d*\["message"/);
  await mkdir(ARTEFACTS, { recursive: true });
  await page.screenshot({ fullPage: true, path: join(ARTEFACTS, "start-page.png") });
});

test("the start page says in words what went wrong", async (t) => {
  const page = await open(t, "/");
  await page.locator("#feed-url").fill(feeds.url("/missing"));
  await page.locator("#feed-submit").click();
  const notice = page.locator("#feed-notice[data-kind=error]");
  await notice.waitFor();
  assert.match(await notice.textContent(), /^The gateway could not read this feed. It says: Error: request failed: 404 Not Found/);
  assert.ok(await page.locator("#feed-submit").isEnabled());
});

test("the start page says that the gateway is gone", async (t) => {
  const passing = await startGateway();
  t.after(() => passing.stop());
  const page = await browser.newPage();
  t.after(() => page.close());
  await page.goto(passing.origin);
  await page.locator("#state[data-state=ready]").waitFor();
  await passing.stop();
  await page.locator("#state[data-state=failed]").waitFor();
  assert.match(await page.locator("#state").textContent(), /^(disconnected|no connection): /);
});

test("the start page works on a phone in the dark", async (t) => {
  const page = await open(t, "/", { viewport: { width: 360, height: 740 }, colorScheme: "dark" });
  await page.locator("#feed-submit").click();
  await page.locator("#entries li").nth(19).waitFor();
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(overflow <= 0, `${overflow} px wider than the screen`);
});
