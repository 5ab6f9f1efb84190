/** Activities as clients write them, and the texts of core.md that more than one story expects. */

export const AS = "https://www.w3.org/ns/activitystreams";
export const SOCKETHUB = "https://sockethub.org/ns/context/v1.jsonld";

export const contextUrl = (platform) => `https://sockethub.org/ns/context/platform/${platform}/v1.jsonld`;

/** The canonical `@context` of `platform` (core.md 1.5). */
export const contextOf = (platform) => [AS, SOCKETHUB, contextUrl(platform)];

export const KIM = { id: "kim@dummy", type: "person", name: "Kim" };

/** An activity for the test platform. */
export const dummy = (type, content) => ({
  "@context": contextOf("dummy"),
  type,
  actor: { ...KIM },
  object: { type: "message", content },
});

/** A valid echo. */
export const echo = (content = "hi") => dummy("echo", content);

/** What the test platform answers to `activity`. */
export const echoed = (activity) => ({
  ...activity,
  "@context": contextOf("dummy"),
  actor: { id: "dummy", type: "platform" },
  target: activity.actor,
});

/** Credentials for the test platform, which takes any. */
export const credentials = () => ({
  "@context": contextOf("dummy"),
  type: "credentials",
  actor: { ...KIM },
  object: { type: "credentials", nick: "kim", password: "s3cret" },
});

/** A request for the feed at `url`. */
export const fetchFeed = (url, object) => ({
  "@context": contextOf("feeds"),
  type: "fetch",
  actor: { id: url, type: "feed", name: url },
  ...(object === undefined ? {} : { object }),
});

/** A request for a preview of the page at `url`. */
export const fetchPage = (url, object) => ({
  "@context": contextOf("metadata"),
  type: "fetch",
  actor: { id: url, type: "website", name: url },
  ...(object === undefined ? {} : { object }),
});
