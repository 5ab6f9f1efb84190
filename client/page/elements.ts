/** Finding and making elements. Text from elsewhere only ever becomes text. */

/** The element with `id`, which index.html has. */
export function byId<T extends HTMLElement>(id: string, kind: new () => T): T {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) {
    throw new Error(`the page has no ${kind.name} #${id}`);
  }
  return element;
}

/** A new element that contains `children`. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  children: readonly (Node | string)[],
  attributes: Readonly<Record<string, string>> = {},
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** Says `words` under the form; an empty text hides the notice. */
export function notice(words: string, kind: "error" | "news"): void {
  const element = byId("feed-notice", HTMLParagraphElement);
  element.dataset["kind"] = kind;
  element.textContent = words;
}
