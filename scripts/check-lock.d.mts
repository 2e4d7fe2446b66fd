/** A line for each trouble of a lock file, beside the package.json it belongs to; both parsed. */
export function lockTroubles(manifest: object, lock: object): readonly string[];
