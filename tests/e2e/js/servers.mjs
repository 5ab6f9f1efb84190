/** Real servers of other protocols, as `scripts/dev-servers` starts them. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";

/** The password of all accounts. */
export const PASSWORD = "ahoy-there";

/**
 * Starts one server, by the name that `dev-servers` has for it. Resolves with the ports that it says it listens on, in
 * their order, once it does.
 */
export async function startServer(name) {
  const child = spawn(join(dirname(process.env.FOOTBRIDGE_BIN), "dev-servers"), [name], { stdio: ["ignore", "pipe", "pipe"] });
  const exited = once(child, "exit");
  const errors = [];
  createInterface({ input: child.stderr }).on("line", (line) => errors.push(line));
  const [line] = await Promise.race([
    once(createInterface({ input: child.stdout }), "line"),
    exited.then(([code, signal]) => {
      throw new Error(`${name} ended with ${signal ?? code}:\n${errors.join("\n")}`);
    }),
  ]);
  return {
    ports: [...line.matchAll(/:(\d+)/g)].map(([, port]) => Number(port)),
    stop: async () => {
      child.kill("SIGINT");
      await exited;
    },
  };
}
