/**
 * The element of `index.html` with this id.
 * @throws Error when it is missing or of another kind: the page and its script are of different builds.
 */
export function byId<T extends Element>(id: string, kind: new () => T): T {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new Error(`index.html: expected ${kind.name} with id ${id}, got ${found?.tagName ?? 'nothing'}`);
}

/** A new element. Children that are text stay text: nothing here is ever read as markup. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}
