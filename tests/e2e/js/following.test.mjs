// Feeds that are followed, with the published SDK and in a browser: what is new arrives by itself.

import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";

import SockethubClient from "@sockethub/client";

import { contextOf } from "./activities.mjs";
import { ARTEFACTS, launchBrowser } from "./browser.mjs";
import { startGateway } from "./gateway.mjs";
import { ask, connect } from "./sockets.mjs";

/** A feed that somebody writes. */
class Paper {
  #posts = [];
  #server = createServer((_, response) => {
    const items = this.#posts.map(
      ({ title, text }) =>
        `<item><title>${title}</title><guid isPermaLink="false">${title}</guid><description>${text}</description></item>`,
    );
    response.writeHead(200, { "content-type": "application/rss+xml", "cache-control": "no-cache" });
    response.end(`<rss version="2.0"><channel><title>Harbour News</title>${items.join("")}</channel></rss>`);
  });

  async open() {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return this;
  }

  get url() {
    return `http://127.0.0.1:${this.#server.address().port}/feed`;
  }

  write(title, text) {
    this.#posts = [{ title, text }, ...this.#posts.filter((post) => post.title !== title)];
  }

  close() {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(resolve));
  }
}

let gateway;
before(async () => {
  gateway = await startGateway({
    packageConfig: {
      "@sockethub/platform-feeds": { allowPrivateAddresses: true, pollIntervalMinMs: 50, pollIntervalMaxMs: 100 },
    },
  });
});
after(() => gateway?.stop());

const open = async (t) => {
  const paper = await new Paper().open();
  t.after(() => paper.close());
  return paper;
};

test("the SDK follows a feed: the answer is what is there, messages are what comes", async (t) => {
  const paper = await open(t);
  paper.write("one", "1");
  const sc = new SockethubClient(await connect(t, gateway));
  await sc.ready?.();
  const heard = [];
  let wake = () => {};
  sc.socket.on("message", (activity) => {
    heard.push(activity);
    wake();
  });
  const news = async () => {
    while (heard.length === 0) {
      await new Promise((resolve) => (wake = resolve));
    }
    return heard.shift();
  };
  const says = (type) =>
    ask(sc.socket, "message", {
      "@context": contextOf("feeds"),
      type,
      actor: { id: "mia", type: "person" },
      object: { type: "feed", id: paper.url },
    });
  const collection = await says("follow");
  assert.equal(collection.error, undefined);
  assert.deepEqual(collection.items.map(({ object }) => object.title), ["one"]);
  paper.write("two", "2");
  const post = await news();
  assert.deepEqual([post.type, post.actor.id, post.object.title, post.object.content], ["post", paper.url, "two", "2"]);
  assert.deepEqual(post["@context"], contextOf("feeds"));
  paper.write("two", "2, corrected");
  const update = await news();
  assert.deepEqual([update.type, update.object.title, update.object.content], ["update", "two", "2, corrected"]);
  assert.equal((await says("unfollow")).error, undefined);
  assert.deepEqual(heard, []);
});

test("the start page follows a feed, and shows what comes", async (t) => {
  const paper = await open(t);
  paper.write("Low tide", "At noon.");
  const browser = await launchBrowser();
  t.after(() => browser.close());
  const page = await browser.newPage({ viewport: { width: 1100, height: 900 } });
  await page.goto(`${gateway.origin}/`);
  await page.locator("#state[data-state=ready]").waitFor();
  await page.locator("#feed-url").fill(paper.url);
  await page.locator("#feed-follow").click();
  await page.locator("#feed-follow[aria-pressed=true]").waitFor();
  assert.deepEqual(await page.locator("#entries h3").allTextContents(), ["Low tide"]);
  paper.write("High tide", "Water is high.");
  await page.locator("#entries .fresh", { hasText: "High tide" }).waitFor();
  assert.deepEqual(await page.locator("#entries h3").allTextContents(), ["High tide", "Low tide"]);
  paper.write("Low tide", "At one.");
  await page.locator("#entries .fresh", { hasText: "At one." }).waitFor();
  assert.deepEqual(await page.locator("#entries h3").allTextContents(), ["High tide", "Low tide"]);
  await mkdir(ARTEFACTS, { recursive: true });
  await page.screenshot({ fullPage: true, path: join(ARTEFACTS, "following.png") });
  await page.locator("#feed-follow").click();
  await page.locator("#feed-follow[aria-pressed=false]").waitFor();
});
