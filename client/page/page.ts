/** The start page: who this gateway is, and a feed fetched through it. */

import { connect, show } from "./gateway.js";
import { offerFeeds } from "./feed.js";

connect().then(offerFeeds, (error: unknown) => {
  show("failed", error instanceof Error ? error.message : String(error));
});
