/** Reading the packages of a package-lock.json: `node_modules/a/node_modules/b` → entry, in a Map. */

const FOLDER = 'node_modules/';

/** The name a package is imported by, which its entry need not have. */
export function importName(path) {
  return path.slice(path.lastIndexOf(FOLDER) + FOLDER.length);
}

/**
 * Where Node finds `name` for the package at `path`: in the package itself, then in each that it lies in, outwards.
 * @returns a path of `packages`, or undefined
 */
export function findPackage(path, name, packages) {
  const folders = [`${path}/`];
  for (let at = path.lastIndexOf(`/${FOLDER}`); at > 0; at = path.lastIndexOf(`/${FOLDER}`, at - 1)) {
    folders.push(path.slice(0, at + 1));
  }
  return [...folders, ''].map((folder) => `${folder}${FOLDER}${name}`).find((place) => packages.has(place));
}
