/** What the script tags before this page's own script put on the page. */

import type { io as connect } from "socket.io-client";

import type { SockethubClient as Client } from "../src/index.js";

declare global {
  const io: typeof connect;
  const SockethubClient: typeof Client;
}
