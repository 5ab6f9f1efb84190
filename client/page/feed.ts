/** Fetching a feed through the gateway or following it, and showing what came. */

import type { Activity, SockethubClient as Client } from "../src/index.js";
import { byId, make, notice } from "./elements.js";
import { plainText, shorten, webAddress } from "./plain.js";

/** As much of an entry as is shown. */
interface Entry {
  id: string;
  title: string;
  url: string;
  content: string;
  contentType: "html" | "text";
  published?: string;
  datenum: number;
}

/** What the gateway answers to `fetch` and `follow`. */
interface Collection extends Activity {
  summary: string;
  totalItems: number;
  items: { object: Entry }[];
}

/** What the gateway says of a feed that is followed. */
interface News {
  type: string;
  actor: { id: string; name: string };
  object: Entry;
}

/** Who reads here: nobody in particular, so that it ends with the page. */
const READER = { id: `reader-${crypto.randomUUID?.() ?? String(performance.now())}`, type: "person" };

/** Brings the form to life. */
export function offerFeeds(client: Client): void {
  const input = byId("feed-url", HTMLInputElement);
  const submit = byId("feed-submit", HTMLButtonElement);
  const follow = byId("feed-follow", HTMLButtonElement);
  let followed: string | undefined;
  input.value ||= `${location.origin}/feed.xml`;

  const attempt = (work: () => Promise<void>): void => {
    submit.disabled = follow.disabled = true;
    work()
      .catch((error: unknown) => notice(error instanceof Error ? error.message : String(error), "error"))
      .finally(() => (submit.disabled = follow.disabled = false));
  };
  const part = async (): Promise<void> => {
    if (followed !== undefined) {
      await ask(client, { type: "unfollow", actor: READER, object: { type: "feed", id: followed } });
      followed = undefined;
    }
    follow.setAttribute("aria-pressed", "false");
    follow.textContent = "Follow";
  };

  byId("feed-form", HTMLFormElement).addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(async () => {
      clear("Fetching…");
      const url = input.value;
      present((await ask(client, { type: "fetch", actor: { id: url, type: "feed", name: url } })) as Collection);
    });
  });
  follow.addEventListener("click", () => {
    attempt(async () => {
      if (followed !== undefined) {
        await part();
        return notice("You do not follow this feed any more.", "news");
      }
      if (!input.reportValidity()) {
        return;
      }
      clear("Fetching…");
      const url = input.value;
      const collection = await ask(client, { type: "follow", actor: READER, object: { type: "feed", id: url } });
      present(collection as Collection);
      followed = url;
      follow.setAttribute("aria-pressed", "true");
      follow.textContent = "Unfollow";
      notice(`You follow ${(collection as Collection).summary}: what is new appears below by itself.`, "news");
    });
  });
  client.socket.on("message", (activity: Activity) => {
    if (activity.type === "post" || activity.type === "update") {
      arrive(activity as unknown as News);
    }
  });
}

async function ask(client: Client, activity: Omit<Activity, "@context">): Promise<Activity> {
  await client.ready();
  const id = crypto.randomUUID?.() ?? String(performance.now());
  const whole = { ...activity, "@context": client.contextFor("feeds"), id };
  const answer = await new Promise<Activity>((resolve, reject) => {
    // An answer cannot arrive on a connection that is gone.
    const dropped = (): void => reject(new Error("The connection was lost before the gateway answered. Please try again."));
    client.socket.once("disconnect", dropped);
    client.socket.emit("message", whole, (answer: Activity) => {
      client.socket.off("disconnect", dropped);
      resolve(answer);
    });
  });
  if (typeof answer.error === "string") {
    throw new Error(`The gateway could not read this feed. It says: ${answer.error}`);
  }
  return answer;
}

function clear(words: string): void {
  notice(words, "news");
  byId("entries", HTMLOListElement).replaceChildren();
}

function present({ summary, totalItems, items }: Collection): void {
  notice(`${summary}: ${totalItems === 1 ? "one entry" : `${totalItems} entries`}`, "news");
  byId("entries", HTMLOListElement).replaceChildren(...items.map(({ object }) => row(object)));
}

/** Something new comes first; what was changed keeps its place. */
function arrive({ type, object }: News): void {
  const list = byId("entries", HTMLOListElement);
  const fresh = row(object);
  fresh.classList.add("fresh");
  const before = [...list.children].find((entry) => entry.getAttribute("data-id") === object.id);
  if (type === "update" && before) {
    before.replaceWith(fresh);
  } else {
    list.prepend(fresh);
  }
}

function row(entry: Entry): HTMLLIElement {
  const title = plainText(entry.title) || "(untitled)";
  const href = webAddress(entry.url);
  const heading = href === undefined ? title : make("a", [title], { href, rel: "noopener noreferrer" });
  const text = entry.contentType === "html" ? plainText(entry.content) : shorten(entry.content);
  return make("li", [make("h3", [heading]), ...date(entry), make("p", [text])], { "data-id": entry.id });
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
