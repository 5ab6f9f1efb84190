/** A socket whose other end is the test, and a registry for it to answer with. */

import type { Draft } from "../src/activity.js";
import type { RawSocket } from "../src/socket.js";

export const AS = "https://www.w3.org/ns/activitystreams";
export const SOCKETHUB = "https://sockethub.org/ns/context/v1.jsonld";

/** The canonical `@context` of `platform`. */
export function contextOf(platform: string): string[] {
  return [AS, SOCKETHUB, `https://sockethub.org/ns/context/platform/${platform}/v1.jsonld`];
}

export class FakeSocket implements RawSocket {
  connected = false;
  id: string | undefined;
  /** What the client sent, in order. */
  readonly sent: [event: string, ...args: unknown[]][] = [];

  readonly #listeners = new Map<string, ((...args: unknown[]) => void)[]>();

  on(event: string, listener: (...args: unknown[]) => void): void {
    this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener]);
  }

  emit(event: string, ...args: unknown[]): void {
    this.sent.push([event, ...args]);
  }

  /** Lets something arrive from the gateway. */
  receive(event: string, ...args: unknown[]): void {
    this.#listeners.get(event)?.forEach((listener) => listener(...args));
  }

  connect(): void {
    this.connected = true;
    this.receive("connect");
  }

  drop(): void {
    this.connected = false;
    this.receive("disconnect", "transport close");
  }

  /** Answers the newest `schemas` request. */
  answer(registry: unknown): void {
    const request = this.sent.findLast(([event]) => event === "schemas");
    (request?.at(-1) as (answer: unknown) => void)(registry);
  }

  /** Connects and becomes ready with `registry`. */
  begin(answer: unknown = registry()): void {
    this.connect();
    this.answer(answer);
  }

  /** What was sent, without `schemas` requests and callbacks. */
  activities(): [event: string, activity: unknown][] {
    return this.sent.filter(([event]) => event !== "schemas").map(([event, activity]) => [event, activity]);
  }
}

/** A registry with `dummy` and `chat`, the latter with credentials and rooms. */
export function registry(fingerprint = "f1", verbs: string[] = ["echo", "fail"]): Record<string, unknown> {
  return {
    fingerprint,
    version: "5.0.0-test",
    contexts: { as: AS, sockethub: SOCKETHUB },
    platforms: [
      platform("dummy", ["credentials", ...verbs], { credentials: {}, messages: verbSchema(verbs) }),
      platform("chat", ["credentials", "connect", "join", "send", "leave", "disconnect"], {
        credentials: {
          required: ["object"],
          properties: {
            object: {
              type: "object",
              required: ["type", "nick"],
              additionalProperties: false,
              properties: {
                type: { const: "credentials" },
                nick: { type: "string" },
                port: { type: "integer", minimum: 1 },
              },
            },
          },
        },
        messages: verbSchema(["connect", "join", "send", "leave", "disconnect"]),
      }),
    ],
  };
}

function verbSchema(verbs: string[]): unknown {
  return { required: ["type"], properties: { type: { enum: verbs } } };
}

function platform(id: string, types: string[], schemas: unknown): Record<string, unknown> {
  return { id, version: "1", contextUrl: contextOf(id)[2], contextVersion: "1", schemaVersion: "1", types, schemas };
}

/** An activity whose actor is written out. */
export type Sample = Draft & { actor: { id: string } };

/** A valid echo. */
export function echo(content: string): Sample {
  return { "@context": contextOf("dummy"), type: "echo", actor: { id: "kim@dummy" }, object: { type: "message", content } };
}

/** A valid activity of `chat`. */
export function chat(type: string, actor = "kim@chat", target?: string): Sample {
  const activity: Sample = { "@context": contextOf("chat"), type, actor: { id: actor } };
  if (type === "credentials") activity.object = { type: "credentials", nick: "kim" };
  if (target) activity.target = { id: target, type: "room" };
  return activity;
}
