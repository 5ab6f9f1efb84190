/**
 * Learning the gateway's registry after each connect (core.md 11, 2 and 10): until it is known nothing can be checked or sent.
 */

import { isUnchanged, readRegistry, type Registry } from "./registry.js";
import type { RawSocket } from "./socket.js";
import * as texts from "./texts.js";

/** Why the client is ready (again). */
export type Reason = "initial-connect" | "reconnect" | "schemas-update";

/** Payload of `init_error`. */
export interface InitError {
  error: string;
  phase: "timeout" | "registry";
  /** Never: the next attempt is the next connect. A late answer still makes the client ready. */
  retrying: false;
}

/** Who is told how it goes. */
export interface Observer {
  ready(registry: Registry, reason: Reason): void;
  failed(error: InitError): void;
}

type State = "offline" | "asking" | "ready";

/** Asks for the registry and keeps the newest. */
export class Handshake {
  readonly #socket: RawSocket;
  readonly #timeoutMs: number;
  readonly #observer: Observer;

  #state: State = "offline";
  #registry: Registry | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Counts connects, so that an answer to an earlier one is not taken for this one's. */
  #connects = 0;
  #everReady = false;

  constructor(socket: RawSocket, timeoutMs: number, observer: Observer) {
    this.#socket = socket;
    this.#timeoutMs = timeoutMs;
    this.#observer = observer;
  }

  /** The newest registry, also while disconnected. */
  get registry(): Registry | undefined {
    return this.#registry;
  }

  connected(): void {
    this.disconnected();
    this.#state = "asking";
    this.#timer = setTimeout(() => this.#fail(texts.initTimedOut(this.#timeoutMs), "timeout"), this.#timeoutMs);
    const connect = ++this.#connects;
    this.#socket.emit("schemas", this.#registry?.fingerprint, (answer: unknown) => {
      if (connect === this.#connects) {
        this.answered(answer);
      }
    });
  }

  disconnected(): void {
    clearTimeout(this.#timer);
    this.#state = "offline";
  }

  /** Takes an answer to our question, or news that the gateway sends unasked. */
  answered(answer: unknown): void {
    if (this.#state === "offline") {
      return;
    }
    if (isUnchanged(answer) && this.#registry?.fingerprint !== undefined) {
      this.#settle(this.#registry);
      return;
    }
    const registry = readRegistry(answer);
    if (registry) {
      this.#settle(registry);
    } else if (this.#state === "asking") {
      this.#fail(texts.REGISTRY_REFUSED, "registry");
    }
  }

  #settle(registry: Registry): void {
    const known = registry.fingerprint !== undefined && registry.fingerprint === this.#registry?.fingerprint;
    if (this.#state === "ready" && known) {
      return;
    }
    clearTimeout(this.#timer);
    const reason = this.#state === "ready" ? "schemas-update" : this.#everReady ? "reconnect" : "initial-connect";
    this.#state = "ready";
    this.#everReady = true;
    if (!known) {
      this.#registry = registry;
    }
    this.#observer.ready(this.#registry ?? registry, reason);
  }

  #fail(error: string, phase: InitError["phase"]): void {
    clearTimeout(this.#timer);
    this.#observer.failed({ error, phase, retrying: false });
  }
}
