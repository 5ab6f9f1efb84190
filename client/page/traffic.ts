/** The raw packets of the connection, for developers. */

import type { Socket } from "socket.io-client";

import { byId, make } from "./elements.js";
import { shorten } from "./plain.js";

/** Lines kept. */
const LINES = 200;

/** As much of an Engine.IO packet as is shown. */
interface Packet {
  type: string;
  data?: unknown;
}

/** Logs what `socket` sends and receives, on every connection that it makes. */
export function watch(socket: Socket): void {
  const manager = socket.io;
  const listen = (): void => {
    manager.engine.on("packet", (packet: Packet) => log("←", packet));
    manager.engine.on("packetCreate", (packet: Packet) => log("→", packet));
  };
  manager.on("open", listen);
}

function log(direction: "←" | "→", packet: Packet): void {
  if (packet.type === "ping" || packet.type === "pong") {
    return;
  }
  const list = byId("traffic", HTMLOListElement);
  const data = typeof packet.data === "string" ? ` ${packet.data}` : "";
  list.append(make("li", [shorten(`${direction} ${packet.type}${data}`)]));
  while (list.childElementCount > LINES) {
    list.firstElementChild?.remove();
  }
  list.scrollTop = list.scrollHeight;
}
