/** A real browser, and where its pictures go. */

import { join } from "node:path";

import { chromium } from "playwright-core";

export const ARTEFACTS = join(import.meta.dirname, "../../../artefacts");

const FLAGS = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

export const launchBrowser = () =>
  chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });
