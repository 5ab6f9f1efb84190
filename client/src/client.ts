/**
 * A Socket.IO connection to a gateway that knows what may be sent over it, and that survives reconnects.
 */

import { complete, isObject, normalise, type Activity, type ActivityEvent, type Json } from "./activity.js";
import { Listeners } from "./emitter.js";
import type { ReadyInfo } from "./events.js";
import { Handshake, type Reason } from "./handshake.js";
import { WaitingQueue } from "./queue.js";
import { platformsNamed, type Registry } from "./registry.js";
import { rememberSession } from "./remember.js";
import { Replay } from "./replay.js";
import { ClientSocket, type RawSocket } from "./socket.js";
import * as texts from "./texts.js";
import { Validator } from "./validator.js";

/** Settings of a client. */
export interface ClientOptions {
  /** How long the gateway may take to describe itself before `init_error`, in milliseconds; 5000 unless given. */
  initTimeoutMs?: number;
}

/** An emit of the application: event and arguments. */
interface Emit {
  event: string;
  args: unknown[];
}

const DEFAULT_TIMEOUT_MS = 5000;

/** See the module; `sc.socket` is what applications talk to. */
export class SockethubClient {
  /** For pages that load this by a script tag. */
  static readonly rememberSession = rememberSession;

  /** Sends to the gateway and hears it. */
  readonly socket: ClientSocket;

  readonly #raw: RawSocket;
  readonly #listeners = new Listeners();
  readonly #handshake: Handshake;
  readonly #replay = new Replay();
  readonly #queue = new WaitingQueue<Emit>((emit, reason) => this.#refuse(emit, reason));
  readonly #waiting = new Set<(info: ReadyInfo) => void>();

  #validator: { registry: Registry; rules: Validator } | undefined;
  /** Set from `ready` until the transport drops; emits go straight through meanwhile. */
  #ready: ReadyInfo | undefined;

  constructor(socket: RawSocket, options: ClientOptions = {}) {
    this.#raw = socket;
    this.socket = new ClientSocket(socket, this.#listeners, (event, args) => this.#emit({ event, args }));
    this.#handshake = new Handshake(socket, options.initTimeoutMs ?? DEFAULT_TIMEOUT_MS, {
      ready: (registry, reason) => this.#becomeReady(registry, reason),
      failed: (error) => this.#listeners.call("init_error", error),
    });
    this.#listen();
  }

  /** Resolves once the gateway is ready, at once if it is; rejects after `timeoutMs` milliseconds. */
  ready(timeoutMs: number = DEFAULT_TIMEOUT_MS): Promise<ReadyInfo> {
    if (this.#ready) {
      return Promise.resolve(this.#ready);
    }
    return new Promise((resolve, reject) => {
      const settle = (info: ReadyInfo): void => {
        clearTimeout(timer);
        resolve(info);
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(settle);
        reject(new Error(texts.readyTimedOut(timeoutMs)));
      }, timeoutMs);
      this.#waiting.add(settle);
    });
  }

  /**
   * The `@context` of activities for `platform`.
   *
   * @throws {Error} if the gateway has no such platform or has not been ready yet.
   */
  contextFor(platform: string): [string, string, string] {
    const registry = this.#handshake.registry;
    const known = registry?.platforms.find(({ id }) => id === platform);
    if (!registry || !known) {
      throw new Error(texts.unknownPlatform(platform));
    }
    return [registry.contexts.as, registry.contexts.sockethub, known.contextUrl];
  }

  /** Forgets all credentials, so that a reconnect does not send them again. */
  clearCredentials(): void {
    this.#replay.clearCredentials();
  }

  #listen(): void {
    this.#raw.on("connect", () => {
      this.#handshake.connected();
      this.#listeners.call("connect");
    });
    this.#raw.on("disconnect", (reason: string, details?: unknown) => {
      this.#ready = undefined;
      this.#handshake.disconnected();
      this.#listeners.call("disconnect", reason, details);
    });
    this.#raw.on("schemas", (answer: unknown) => {
      this.#handshake.answered(answer);
      this.#listeners.call("schemas", answer);
    });
    this.#raw.on("message", (activity: Json) => this.#listeners.call("message", normalise(activity) as Activity));
    this.#raw.on("connect_error", (error: Error) => this.#listeners.call("connect_error", error));
    this.#raw.on("error", (notice: Json) => this.#listeners.call("error", notice));
    if (this.#raw.connected) {
      this.#handshake.connected();
    }
  }

  #becomeReady(registry: Registry, reason: Reason): void {
    const validator = this.#validatorOf(registry);
    if (reason !== "schemas-update") {
      for (const { event, activity } of this.#replay.all()) {
        this.#raw.emit(event, activity);
      }
    }
    // Still not ready while the queue empties: what a callback emits meanwhile lines up behind.
    for (let emits = this.#queue.take(); emits.length > 0; emits = this.#queue.take()) {
      emits.forEach((emit) => this.#send(emit, registry, validator));
    }
    this.#ready = {
      state: "ready",
      reason,
      sockethubVersion: registry.version,
      contexts: registry.contexts,
      platforms: registry.platforms,
    };
    for (const settle of this.#waiting) {
      settle(this.#ready);
    }
    this.#waiting.clear();
    this.#listeners.call("ready", this.#ready);
  }

  #validatorOf(registry: Registry): Validator {
    if (this.#validator?.registry !== registry) {
      this.#validator = { registry, rules: new Validator(registry) };
      for (const error of this.#validator.rules.complaints) {
        this.#listeners.call("client_error", { error });
      }
    }
    return this.#validator.rules;
  }

  #emit(emit: Emit): void {
    if (this.#ready && this.#validator) {
      this.#send(emit, this.#validator.registry, this.#validator.rules);
    } else {
      this.#queue.push(emit);
    }
  }

  #send(emit: Emit, registry: Registry, validator: Validator): void {
    if (emit.event !== "message" && emit.event !== "credentials") {
      this.#raw.emit(emit.event, ...emit.args);
      return;
    }
    const event: ActivityEvent = emit.event;
    const [draft, ...rest] = emit.args;
    const activity = isObject(draft) ? complete(event, draft) : draft;
    const refusal = validator.refusal(event, activity);
    if (refusal !== undefined || !isObject(activity)) {
      this.#refuse(emit, texts.invalid(refusal ?? texts.NOT_AN_OBJECT));
      return;
    }
    const [platform] = platformsNamed(registry, activity["@context"] as string[]);
    if (platform) {
      this.#replay.note(event, platform.id, activity);
    }
    this.#raw.emit(event, activity, ...rest);
  }

  #refuse({ event, args }: Emit, error: string): void {
    const answer = args.find((argument) => typeof argument === "function");
    if (answer) {
      answer({ error });
      return;
    }
    const [activity] = args;
    const id = isObject(activity) && typeof activity["id"] === "string" ? { id: activity["id"] } : {};
    this.#listeners.call("client_error", { error, event, ...id });
  }
}
