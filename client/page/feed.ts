/** Fetching a feed through the gateway, and showing what came. */

import type { Activity, SockethubClient as Client } from "../src/index.js";
import { byId, make, notice } from "./elements.js";
import { plainText, shorten, webAddress } from "./plain.js";

/** As much of an entry as is shown. */
interface Entry {
  title: string;
  url: string;
  content: string;
  contentType: "html" | "text";
  published?: string;
  datenum: number;
}

/** What the gateway answers to `fetch`. */
interface Collection extends Activity {
  summary: string;
  totalItems: number;
  items: { object: Entry }[];
}

/** Brings the form to life. */
export function offerFeeds(client: Client): void {
  const input = byId("feed-url", HTMLInputElement);
  const button = byId("feed-submit", HTMLButtonElement);
  input.value ||= `${location.origin}/feed.xml`;
  byId("feed-form", HTMLFormElement).addEventListener("submit", (event) => {
    event.preventDefault();
    button.disabled = true;
    notice("Fetching…", "news");
    byId("entries", HTMLOListElement).replaceChildren();
    request(client, input.value)
      .then(present, (error: unknown) => notice(error instanceof Error ? error.message : String(error), "error"))
      .finally(() => (button.disabled = false));
  });
}

async function request(client: Client, url: string): Promise<Collection> {
  await client.ready();
  const activity = {
    "@context": client.contextFor("feeds"),
    id: crypto.randomUUID?.() ?? String(performance.now()),
    type: "fetch",
    actor: { id: url, type: "feed", name: url },
  };
  const answer = await new Promise<Activity>((resolve, reject) => {
    // An answer cannot arrive on a connection that is gone.
    const dropped = (): void => reject(new Error("The connection was lost before the gateway answered. Please try again."));
    client.socket.once("disconnect", dropped);
    client.socket.emit("message", activity, (answer: Activity) => {
      client.socket.off("disconnect", dropped);
      resolve(answer);
    });
  });
  if (typeof answer.error === "string") {
    throw new Error(`The gateway could not read this feed. It says: ${answer.error}`);
  }
  return answer as Collection;
}

function present({ summary, totalItems, items }: Collection): void {
  notice(`${summary}: ${totalItems === 1 ? "one entry" : `${totalItems} entries`}`, "news");
  byId("entries", HTMLOListElement).replaceChildren(...items.map(({ object }) => row(object)));
}

function row(entry: Entry): HTMLLIElement {
  const title = plainText(entry.title) || "(untitled)";
  const href = webAddress(entry.url);
  const heading = href === undefined ? title : make("a", [title], { href, rel: "noopener noreferrer" });
  const text = entry.contentType === "html" ? plainText(entry.content) : shorten(entry.content);
  return make("li", [make("h3", [heading]), ...date(entry), make("p", [text])]);
}

function date({ published, datenum }: Entry): HTMLTimeElement[] {
  if (published === undefined) {
    return [];
  }
  if (datenum === 0) {
    return [make("time", [published])];
  }
  const words = new Intl.DateTimeFormat(undefined, { dateStyle: "long", timeStyle: "short" }).format(datenum);
  return [make("time", [words], { datetime: published })];
}
