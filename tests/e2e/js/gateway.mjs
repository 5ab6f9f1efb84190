/** A gateway of one's own: the real binary, with real workers, on a free port. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const READY = /sockethub listening on ws:\/\/.+:(\d+)/;

/** What most stories want: nothing limited, nothing written beside the temporary folder, feeds from this machine. */
const DEFAULTS = {
  sockethub: { host: "127.0.0.1", path: "/sockethub" },
  platforms: ["@sockethub/platform-dummy", "@sockethub/platform-feeds"],
  logging: { level: "warn", file: "" },
  rateLimiter: { windowMs: 1000, maxRequests: 1_000_000, blockDurationMs: 5000, maxConnectionsPerIp: 0 },
  packageConfig: { "@sockethub/platform-feeds": { allowPrivateAddresses: true } },
};

/**
 * Starts the binary that FOOTBRIDGE_BIN names and waits until it listens.
 *
 * `config` replaces whole sections of the defaults; a section given as `undefined` is left out, so that the gateway's own defaults hold.
 */
export async function startGateway(config = {}) {
  const binary = process.env.FOOTBRIDGE_BIN;
  if (!binary) {
    throw new Error("FOOTBRIDGE_BIN must name the gateway binary");
  }
  const folder = await mkdtemp(join(tmpdir(), "footbridge-e2e-"));
  const file = join(folder, "footbridge.config.json");
  await writeFile(file, JSON.stringify({ ...DEFAULTS, ...config }));
  const child = spawn(binary, ["--config", file], {
    cwd: folder,
    env: { ...process.env, PORT: "0" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const exited = once(child, "exit");
  const errors = [];
  createInterface({ input: child.stderr }).on("line", (line) => errors.push(line));
  const port = await Promise.race([
    listening(child.stdout),
    exited.then(([code, signal]) => {
      throw new Error(`the gateway ended with ${signal ?? code} before it listened:\n${errors.join("\n")}`);
    }),
  ]);
  return new Gateway(child, exited, folder, port, config.sockethub?.path ?? "/sockethub");
}

/** The port of the readiness line (core 120). */
function listening(stdout) {
  return new Promise((resolve) => {
    createInterface({ input: stdout }).on("line", (line) => {
      const port = READY.exec(line)?.[1];
      if (port) {
        resolve(Number(port));
      }
    });
  });
}

class Gateway {
  #child;
  #exited;
  #folder;

  constructor(child, exited, folder, port, path) {
    this.#child = child;
    this.#exited = exited;
    this.#folder = folder;
    this.port = port;
    this.path = path;
    this.origin = `http://127.0.0.1:${port}`;
  }

  /** The process id of the gateway itself. */
  get pid() {
    return this.#child.pid;
  }

  /** Asks the gateway to end, and waits until it has. */
  async stop() {
    this.#child.kill("SIGTERM");
    const [code, signal] = await this.#exited;
    await rm(this.#folder, { recursive: true, force: true });
    return { code, signal };
  }
}
