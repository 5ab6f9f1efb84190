/** A line between client and gateway that can be cut without a word to either. */

import { once } from "node:events";
import { connect, createServer } from "node:net";

/** A line to `gateway`; closed when the test `t` ends. It has what a gateway has for `dial` and `connect`. */
export async function cuttable(t, gateway) {
  const ends = new Set();
  let whole = true;
  const server = createServer((near) => {
    if (!whole) {
      near.destroy();
      return;
    }
    const far = connect(gateway.port, "127.0.0.1");
    for (const [end, other] of [[near, far], [far, near]]) {
      ends.add(end);
      end.pipe(other);
      // A reset of one is the end of both.
      end.on("error", () => other.destroy());
      end.on("close", () => {
        ends.delete(end);
        other.destroy();
      });
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const line = {
    origin: `http://127.0.0.1:${server.address().port}`,
    path: gateway.path,
    /** Nothing passes any more, and nobody gets through. */
    cut() {
      whole = false;
      ends.forEach((end) => end.resetAndDestroy());
    },
    /** New connections pass again. */
    mend() {
      whole = true;
    },
  };
  t.after(() => {
    line.cut();
    server.close();
  });
  return line;
}
