/** Foreign HTML and addresses, made harmless. */

const LONGEST = 400;

/** The text of `html`, without its markup, shortened to a few lines. */
export function plainText(html: string): string {
  // A parsed document of its own neither runs scripts nor loads images.
  const parsed = new DOMParser().parseFromString(html, "text/html");
  parsed.querySelectorAll("script, style, template").forEach((element) => element.remove());
  return shorten((parsed.body.textContent ?? "").replace(/\s+/g, " ").trim());
}

export function shorten(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST).trimEnd()}…` : text;
}

/** `address` if it may become a link: `javascript:` and the like may not. */
export function webAddress(address: string): string | undefined {
  if (!URL.canParse(address)) {
    return undefined;
  }
  const { href, protocol } = new URL(address);
  return protocol === "http:" || protocol === "https:" ? href : undefined;
}
