// A page that is reloaded comes back to its session.

import assert from "node:assert/strict";
import { test } from "node:test";

import { rememberSession, type RememberedSocket } from "../src/remember.js";

/** A tab: its storage outlives the pages in it. */
class Tab {
  readonly items = new Map<string, string>();
  readonly storage = {
    getItem: (key: string): string | null => this.items.get(key) ?? null,
    setItem: (key: string, value: string): void => void this.items.set(key, value),
    removeItem: (key: string): void => void this.items.delete(key),
  };

  /** A page with a socket that remembers. */
  load(auth: RememberedSocket["auth"] = {}): Page {
    return new Page(this, auth);
  }
}

class Page {
  readonly socket: RememberedSocket;
  #packet: (packet: unknown) => void = () => {};
  readonly #listeners = new Map<string, () => void>();

  constructor(tab: Tab, auth: RememberedSocket["auth"]) {
    this.socket = { auth, io: { on: (_, listener) => (this.#packet = listener) } };
    const addEventListener = (event: string, listener: unknown): void =>
      void this.#listeners.set(event, listener as () => void);
    rememberSession(this.socket, { storage: tab.storage, page: { addEventListener } as Pick<Window, "addEventListener"> });
  }

  hear(type: number, data: unknown, nsp = "/"): void {
    this.#packet({ type, nsp, data });
  }

  happen(event: "pagehide" | "pageshow"): void {
    this.#listeners.get(event)?.();
  }

  /** What CONNECT would carry. */
  claim(): object {
    let claimed: object = {};
    assert.ok(typeof this.socket.auth === "function");
    this.socket.auth((data) => (claimed = data));
    return claimed;
  }
}

test("the next page claims the session and how far it was heard", () => {
  const tab = new Tab();
  const first = tab.load();
  assert.deepEqual(first.claim(), {});
  first.hear(0, { sid: "s", pid: "p" });
  first.hear(2, ["message", { type: "send" }, "7"]);
  first.hear(2, ["message", { type: "send" }, "8"]);
  first.hear(2, ["schemas", {}]);
  first.hear(3, [{ answer: "9" }]);
  first.happen("pagehide");
  const second = tab.load();
  assert.deepEqual(second.claim(), { pid: "p", offset: "8" });
  second.hear(0, { sid: "t", pid: "q" });
  assert.deepEqual(second.claim(), { pid: "q", offset: "8" }, "a new session counts on");
});

test("while the page lives, its tab holds nothing that a copy could come back with", () => {
  const tab = new Tab();
  const page = tab.load();
  page.hear(0, { sid: "s", pid: "p" });
  assert.equal(tab.items.size, 0);
  page.happen("pagehide");
  assert.equal(tab.items.size, 1);
  page.happen("pageshow");
  assert.equal(tab.items.size, 0);
  page.happen("pagehide");
  tab.load();
  assert.equal(tab.items.size, 0);
});

test("what the application says in CONNECT stays", () => {
  for (const auth of [{ token: "t" }, (done: (data: object) => void): void => done({ token: "t" })]) {
    const page = new Tab().load(auth);
    page.hear(0, { sid: "s", pid: "p" });
    assert.deepEqual(page.claim(), { token: "t", pid: "p" });
  }
});

test("other namespaces, gateways without recovery and broken storage claim nothing", () => {
  const tab = new Tab();
  tab.items.set("footbridge.session", "{");
  const page = tab.load();
  page.hear(0, { sid: "s", pid: "p" }, "/other");
  assert.deepEqual(page.claim(), {});
  page.hear(0, { sid: "s", pid: "p" });
  page.hear(0, { sid: "s" });
  page.hear(2, ["message", {}, "7"]);
  assert.deepEqual(page.claim(), {});
  page.happen("pagehide");
  assert.equal(tab.items.size, 0);
});
