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

/** Where an activity belongs: `<platform>:<actor>-<target>`. */
class Place {
  readonly actor: string;
  readonly key: string;

  constructor(platform: string, activity: Json) {
    this.actor = `${platform}:${idOf(activity["actor"])}-`;
    this.key = this.actor + idOf(activity["target"]);
  }
}

/** The credentials, connections and rooms of a session. */
export class Replay {
  readonly #credentials = new Map<string, Json>();
  readonly #connects = new Map<string, Json>();
  readonly #joins = new Map<string, Json>();

  /** Takes note of what is being sent. The gateway's verdict is not awaited: the platform repeats it on replay. */
  note(event: ActivityEvent, platform: string, activity: Json): void {
    const place = new Place(platform, activity);
    if (event === "credentials") {
      this.#credentials.set(place.key, structuredClone(activity));
      return;
    }
    switch (activity["type"]) {
      case "connect":
        this.#connects.set(place.key, structuredClone(activity));
        break;
      case "disconnect":
        this.#connects.delete(place.key);
        // Rooms end with their connection; joining them again on replay could only fail.
        forget(this.#joins, (key) => key.startsWith(place.actor));
        break;
      case "join":
        this.#joins.set(place.key, structuredClone(activity));
        break;
      case "leave":
        this.#joins.delete(place.key);
        break;
    }
  }

  /** Everything to repeat, in the order in which each step may rely on the one before. */
  *all(): Generator<Replayed> {
    for (const activity of this.#credentials.values()) yield { event: "credentials", activity };
    for (const activity of this.#connects.values()) yield { event: "message", activity };
    for (const activity of this.#joins.values()) yield { event: "message", activity };
  }

  clearCredentials(): void {
    this.#credentials.clear();
  }
}

function idOf(entity: unknown): string {
  return isObject(entity) && typeof entity["id"] === "string" ? entity["id"] : "";
}

function forget(activities: Map<string, Json>, which: (key: string) => boolean): void {
  for (const key of [...activities.keys()].filter(which)) {
    activities.delete(key);
  }
}
