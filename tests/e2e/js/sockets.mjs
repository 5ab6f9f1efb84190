/** Raw socket.io-client sockets, as stories use them. */

import { io } from "socket.io-client";

import { echo } from "./activities.mjs";

/** A socket to `gateway`, not connected yet by any certainty; it is closed when the test `t` ends. */
export function dial(t, gateway, options = {}) {
  const { namespace = "", ...rest } = options;
  const socket = io(gateway.origin + namespace, { path: gateway.path, forceNew: true, reconnection: false, ...rest });
  t.after(() => socket.close());
  return socket;
}

/** A connected socket; websocket only unless `options` say otherwise. */
export async function connect(t, gateway, options = {}) {
  const socket = dial(t, gateway, { transports: ["websocket"], ...options });
  await new Promise((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("connect_error", reject);
  });
  return socket;
}

/** The arguments of the next `event`. */
export function next(emitter, event) {
  return new Promise((resolve) => emitter.once(event, (...args) => resolve(args)));
}

/** The answer to one emit. */
export function ask(socket, event, ...args) {
  return new Promise((resolve) => socket.emit(event, ...args, resolve));
}

/** Every event that `socket` hears from now on. */
export function record(socket) {
  const heard = [];
  socket.onAny((event, ...args) => heard.push([event, ...args]));
  return heard;
}

/** Waits until what was sent before has been served: what has not come by then does not come. */
export async function settle(socket) {
  for (const round of ["first", "second"]) {
    await ask(socket, "message", echo(`${round} barrier`));
  }
}
