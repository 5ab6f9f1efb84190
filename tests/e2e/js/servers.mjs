/** Real servers of other protocols, as `scripts/dev-servers` starts them. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";

/** The password of all accounts. */
export const PASSWORD = "ahoy-there";

/**
 * Starts one server, by the name that `dev-servers` has for it. Resolves once it listens, with the ports that the first line
 * says, in their order, and with all lines up to the one that is like `last`.
 */
export async function startServer(name, last = /:\d+/) {
  const child = spawn(join(dirname(process.env.FOOTBRIDGE_BIN), "dev-servers"), [name], { stdio: ["ignore", "pipe", "pipe"] });
  const exited = once(child, "exit");
  const errors = [];
  createInterface({ input: child.stderr }).on("line", (line) => errors.push(line));
  const lines = await Promise.race([
    linesUntil(child.stdout, last),
    exited.then(([code, signal]) => {
      throw new Error(`${name} ended with ${signal ?? code}:\n${errors.join("\n")}`);
    }),
  ]);
  return {
    ports: [...lines[0].matchAll(/:(\d+)/g)].map(([, port]) => Number(port)),
    lines,
    stop: async () => {
      child.kill("SIGINT");
      await exited;
    },
  };
}

function linesUntil(stdout, last) {
  const lines = [];
  return new Promise((resolve) => {
    createInterface({ input: stdout }).on("line", (line) => {
      lines.push(line);
      if (last.test(line)) {
        resolve(lines);
      }
    });
  });
}
