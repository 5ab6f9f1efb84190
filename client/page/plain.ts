/** Foreign HTML and addresses, made harmless. */

/** Characters of an entry that are shown. */
const LONGEST = 400;
const BLOCKS = "blockquote, br, dd, div, dt, figcaption, h1, h2, h3, h4, h5, h6, li, p, pre, td, th";

/** The text of `html`, without its markup, shortened to a few lines. */
export function plainText(html: string): string {
  // A parsed document of its own neither runs scripts nor loads images.
  const parsed = new DOMParser().parseFromString(html, "text/html");
  parsed.querySelectorAll("script, style, template").forEach((element) => element.remove());
  // Words of neighbouring blocks would run together without their line breaks.
  parsed.querySelectorAll(BLOCKS).forEach((element) => element.after(" "));
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
