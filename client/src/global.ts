/**
 * Entry point for script tags: the class is the global `SockethubClient`, as pages written for Sockethub expect.
 */

import { SockethubClient } from "./client.js";

Object.assign(globalThis, { SockethubClient });
