/**
 * What a session has told the gateway and must tell it again after a reconnect, because a reconnect is a new session there
 * (core.md 11, 5 and 6). It is kept in memory only and is gone with the page.
 */

import { isObject, type ActivityEvent, type Json } from "./activity.js";

/** One emit to repeat. */
export interface Replayed {
  event: ActivityEvent;
  activity: Json;
}

/** An activity to repeat, and whose it is. */
interface Kept {
  owner: string;
  activity: Json;
}

/** The credentials, connections and rooms of a session, and what it follows. */
export class Replay {
  readonly #credentials = new Map<string, Kept>();
  readonly #connects = new Map<string, Kept>();
  readonly #joins = new Map<string, Kept>();
  readonly #follows = new Map<string, Kept>();

  /** Takes note of what is being sent. The gateway's verdict is not awaited: the platform repeats it on replay. */
  note(event: ActivityEvent, platform: string, activity: Json): void {
    const owner = `${platform}:${idOf(activity["actor"])}`;
    const key = `${owner}-${idOf(activity["target"])}`;
    const kept = (): Kept => ({ owner, activity: structuredClone(activity) });
    if (event === "credentials") {
      this.#credentials.set(key, kept());
      return;
    }
    switch (activity["type"]) {
      case "connect":
        this.#connects.set(key, kept());
        break;
      case "disconnect":
        // Rooms end with their connection; joining them again on replay could only fail.
        forget(this.#connects, owner);
        forget(this.#joins, owner);
        break;
      case "join":
        this.#joins.set(key, kept());
        break;
      case "leave":
        this.#joins.delete(key);
        break;
      case "follow":
        this.#follows.set(`${owner}-${topicOf(activity["object"])}`, kept());
        break;
      case "unfollow":
        this.#follows.delete(`${owner}-${topicOf(activity["object"])}`);
        break;
    }
  }

  /** Everything to repeat, in the order in which each step may rely on the one before. */
  *all(): Generator<Replayed> {
    for (const { activity } of this.#credentials.values()) yield { event: "credentials", activity };
    for (const { activity } of this.#connects.values()) yield { event: "message", activity };
    for (const { activity } of this.#joins.values()) yield { event: "message", activity };
    for (const { activity } of this.#follows.values()) yield { event: "message", activity };
  }

  clearCredentials(): void {
    this.#credentials.clear();
  }
}

function idOf(entity: unknown): string {
  return isObject(entity) && typeof entity["id"] === "string" ? entity["id"] : "";
}

/** What is followed: something with an id, or a list of such things as a document. */
function topicOf(object: unknown): string {
  return idOf(object) || (isObject(object) && typeof object["content"] === "string" ? object["content"] : "");
}

function forget(all: Map<string, Kept>, owner: string): void {
  for (const [key, kept] of all) {
    if (kept.owner === owner) {
      all.delete(key);
    }
  }
}
