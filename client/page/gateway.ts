/** The connection, and what the page shows of it. */

import type { ReadyInfo, SockethubClient as Client } from "../src/index.js";
import { byId, make } from "./elements.js";
import { watch } from "./traffic.js";

/** As much of `/examples-config.json` as the page needs. */
interface PageConfig {
  sockethub: { path: string };
}

/** Connects to the gateway that serves this page. */
export async function connect(): Promise<Client> {
  byId("gateway-address", HTMLElement).textContent = location.origin;
  const response = await fetch("/examples-config.json");
  if (!response.ok) {
    throw new Error(`/examples-config.json: ${response.status} ${response.statusText}`);
  }
  const config = (await response.json()) as PageConfig;
  const socket = io(location.origin, { path: config.sockethub.path });
  watch(socket);
  const client = new SockethubClient(socket);
  client.socket
    .on("connect", () => show("connecting", "connected, asking for platforms"))
    .on("connect_error", (error) => show("failed", `no connection: ${error.message}`))
    .on("disconnect", (reason) => show("failed", `disconnected: ${reason}`))
    .on("init_error", ({ error }) => show("failed", error))
    .on("error", ({ summary }) => show("failed", typeof summary === "string" ? summary : "refused by the gateway"))
    .on("ready", (info) => introduce(info));
  return client;
}

/** Tells how the connection fares. */
export function show(state: "connecting" | "ready" | "failed", words: string): void {
  const element = byId("state", HTMLParagraphElement);
  element.dataset["state"] = state;
  element.textContent = words;
}

function introduce(info: ReadyInfo): void {
  show("ready", "ready");
  byId("gateway-version", HTMLElement).textContent = info.sockethubVersion;
  const platforms = info.platforms.map(({ id, version, types }) =>
    make("li", [id, make("small", [types.filter((type) => type !== "credentials").join(", ")])], { title: `version ${version}` }),
  );
  byId("platforms", HTMLUListElement).replaceChildren(...platforms);
}
