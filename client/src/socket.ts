/**
 * The two ends that the client joins: the socket below it and the one it shows to applications.
 */

import type { Activity, ActivityEvent, Draft } from "./activity.js";
import type { Listeners } from "./emitter.js";
import type { EventListener, Events } from "./events.js";

/** As much of a socket.io-client socket as the client needs. */
export interface RawSocket {
  readonly connected: boolean;
  readonly id?: string | undefined;
  // `any`, as socket.io-client declares it.
  on(event: string, listener: (...args: any[]) => void): unknown;
  emit(event: string, ...args: unknown[]): unknown;
}

/** Takes what an application emits. */
export type Sender = (event: string, args: unknown[]) => void;

/** What applications use in place of the raw socket: `emit` goes to the gateway, listeners hear the gateway and the client. */
export class ClientSocket {
  readonly #raw: RawSocket;
  readonly #listeners: Listeners;
  readonly #send: Sender;

  constructor(raw: RawSocket, listeners: Listeners, send: Sender) {
    this.#raw = raw;
    this.#listeners = listeners;
    this.#send = send;
  }

  /** Whether the transport is up; whether the gateway is ready is told by `ready`. */
  get connected(): boolean {
    return this.#raw.connected;
  }

  /** The session's id, while connected. */
  get id(): string | undefined {
    return this.#raw.id;
  }

  /** Sends to the gateway, as soon as it is ready; a function as last argument receives the answer. */
  emit(event: ActivityEvent, activity: Draft, answer?: (answer: Activity) => void): this;
  emit(event: string, ...args: unknown[]): this;
  emit(event: string, ...args: unknown[]): this {
    this.#send(event, args);
    return this;
  }

  on<E extends keyof Events>(event: E, listener: EventListener<E>): this {
    this.#listeners.add(event, listener, false);
    return this;
  }

  once<E extends keyof Events>(event: E, listener: EventListener<E>): this {
    this.#listeners.add(event, listener, true);
    return this;
  }

  /** Removes one listener of `event`, or all of them. */
  off<E extends keyof Events>(event: E, listener?: EventListener<E>): this {
    this.#listeners.remove(event, listener);
    return this;
  }

  addListener<E extends keyof Events>(event: E, listener: EventListener<E>): this {
    return this.on(event, listener);
  }

  removeListener<E extends keyof Events>(event: E, listener?: EventListener<E>): this {
    return this.off(event, listener);
  }

  /** Removes the listeners of `event`, or of all events. */
  removeAllListeners(event?: keyof Events): this {
    if (event === undefined) {
      this.#listeners.clear();
    } else {
      this.#listeners.remove(event);
    }
    return this;
  }

  listeners<E extends keyof Events>(event: E): EventListener<E>[] {
    return this.#listeners.of(event);
  }
}
