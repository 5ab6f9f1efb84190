/**
 * Activities as applications write them and as they travel (core.md 2.3).
 */

/** A JSON object of unknown shape. */
export type Json = { [member: string]: unknown };

/** Who acts, or what is acted upon. */
export interface Entity extends Json {
  id?: string;
  type?: string;
  name?: string;
}

/** What an application may hand over: references may be spelt as bare strings. */
export interface Draft extends Json {
  "@context": string[];
  id?: string;
  type?: string;
  actor: string | Entity;
  target?: string | Entity;
  object?: string | Json;
  published?: string;
}

/** An activity with its references written out. */
export interface Activity extends Json {
  "@context": string[];
  id?: string;
  type: string;
  actor: Entity;
  target?: Entity;
  object?: Json;
  published?: string;
  error?: string;
}

/** Events that carry an activity to the gateway. */
export type ActivityEvent = "credentials" | "message";

export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * A copy of `activity` with `actor`, `target` and `object` written out where they are strings.
 *
 * Only these three members are touched, and only at the top: everything below belongs to the platforms.
 */
export function normalise(activity: Json): Json {
  const spelled: Json = { ...activity };
  for (const [member, key] of [["actor", "id"], ["target", "id"], ["object", "content"]] as const) {
    if (member in spelled) {
      spelled[member] = expand(spelled[member], key);
    }
  }
  return spelled;
}

/** `activity` as it is sent as `event`: normalised, with the types that an application may leave out. */
export function complete(event: ActivityEvent, activity: Json): Json {
  const spelled = normalise(activity);
  if (isObject(spelled["actor"]) && spelled["actor"]["type"] === undefined) {
    spelled["actor"] = { ...spelled["actor"], type: "person" };
  }
  if (event === "credentials" && spelled["type"] === undefined) {
    spelled["type"] = "credentials";
  }
  return spelled;
}

function expand(value: unknown, key: "id" | "content"): unknown {
  if (typeof value === "string") {
    return { [key]: value };
  }
  if (Array.isArray(value)) {
    return value.map((element: unknown) => (typeof element === "string" ? { id: element } : element));
  }
  return value;
}
