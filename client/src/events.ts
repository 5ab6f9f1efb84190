/**
 * What an application hears, by event name.
 */

import type { Activity, Json } from "./activity.js";
import type { InitError, Reason } from "./handshake.js";
import type { BaseContexts, Platform } from "./registry.js";

/** Payload of `ready`, and what `ready()` resolves with. */
export interface ReadyInfo {
  state: "ready";
  reason: Reason;
  sockethubVersion: string;
  contexts: BaseContexts;
  platforms: Platform[];
}

/** Payload of `client_error`: an emit without callback that was not sent, or schemas that cannot be used. */
export interface ClientError {
  error: string;
  /** The event that was not sent. */
  event?: string;
  /** The `id` of the activity that was not sent, if it has one. */
  id?: string;
}

/** Arguments of each event. */
export interface Events {
  /** The transport is up; the gateway may not be ready yet. */
  connect: [];
  connect_error: [error: Error];
  disconnect: [reason: string, details?: unknown];
  /** The gateway's notice about the session itself: too many messages or connections. Its words are in `summary`. */
  error: [notice: Json];
  /** An activity that the gateway sends unasked. */
  message: [activity: Activity];
  /** A registry that the gateway sends unasked. */
  schemas: [registry: unknown];
  ready: [info: ReadyInfo];
  init_error: [error: InitError];
  client_error: [error: ClientError];
}

/** Hears `E`. */
export type EventListener<E extends keyof Events> = (...args: Events[E]) => void;
