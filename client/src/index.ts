/**
 * Client of a Footbridge or Sockethub gateway.
 *
 * ```ts
 * import { io } from "socket.io-client";
 * import { SockethubClient } from "@footbridge/client";
 *
 * const sc = new SockethubClient(io("http://localhost:10550", { path: "/sockethub" }));
 * await sc.ready();
 * sc.socket.emit("message", {
 *   "@context": sc.contextFor("feeds"),
 *   type: "fetch",
 *   actor: { id: "https://example.org/feed.xml", type: "feed" },
 * }, (answer) => console.log(answer.error ?? answer.items));
 * ```
 */

export type { Activity, ActivityEvent, Draft, Entity, Json } from "./activity.js";
export { SockethubClient, SockethubClient as default } from "./client.js";
export type { ClientOptions } from "./client.js";
export type { ClientError, EventListener, Events, ReadyInfo } from "./events.js";
export type { InitError, Reason } from "./handshake.js";
export { rememberSession } from "./remember.js";
export type { Memory, RememberedSocket } from "./remember.js";
export type { BaseContexts, JsonSchema, Platform, Registry } from "./registry.js";
export type { ClientSocket, RawSocket } from "./socket.js";
