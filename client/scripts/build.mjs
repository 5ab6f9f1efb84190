/**
 * Builds what the gateway serves, and the ESM package, into `dist/`:
 *
 *   sockethub-client.js, sockethub-client.min.js   global `SockethubClient`
 *   socket.io.js                                   global `io`
 *   index.html, favicon.svg, assets/               the start page
 *   feed.xml, metadata-test.html                   what platforms can be tried on
 *   esm/                                           for bundlers and Node; declarations are added by tsc
 */

import { copyFile, cp, mkdir, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, "dist");
const require = createRequire(import.meta.url);

const common = {
  absWorkingDir: root,
  bundle: true,
  target: "es2022",
  legalComments: "eof",
  logLevel: "warning",
};

await rm(dist, { recursive: true, force: true });
await mkdir(join(dist, "assets"), { recursive: true });

const client = { ...common, entryPoints: ["src/global.ts"], format: "iife" };
await Promise.all([
  build({ ...client, outfile: "dist/sockethub-client.js" }),
  build({ ...client, outfile: "dist/sockethub-client.min.js", minify: true }),
  build({ ...common, entryPoints: ["src/index.ts"], format: "esm", outfile: "dist/esm/index.js" }),
  build({ ...common, entryPoints: ["page/page.ts", "page/page.css"], format: "iife", minify: true, outdir: "dist/assets" }),
  copyFile(join(dirname(require.resolve("socket.io-client/package.json")), "dist/socket.io.min.js"), join(dist, "socket.io.js")),
  cp(join(root, "page/index.html"), join(dist, "index.html")),
  cp(join(root, "page/feed.xml"), join(dist, "feed.xml")),
  cp(join(root, "page/metadata-test.html"), join(dist, "metadata-test.html")),
  cp(join(root, "page/favicon.svg"), join(dist, "favicon.svg")),
]);
