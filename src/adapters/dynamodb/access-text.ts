import type { GrantedAccess } from '../../relay/ports.ts';

/** What the rules came to, as one attribute of a row: a text, as every change that matches pays for it by the byte. */
export function accessText({ rules, isPartial, fields }: GrantedAccess): string {
  return JSON.stringify([rules, isPartial ? 1 : 0, ...(fields ? [fields] : [])]);
}

/** Inverse of {@link accessText}; nothing for what is not one. */
export function parseAccess(text: string | undefined): GrantedAccess | undefined {
  if (text === undefined) return undefined;
  let parts: unknown;
  try {
    parts = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(parts)) return undefined;
  const [rules, partial, fields]: unknown[] = parts;
  if (typeof rules !== 'string' || (partial !== 0 && partial !== 1)) return undefined;
  const read = fields === undefined ? undefined : readFields(fields);
  if (fields !== undefined && !read) return undefined;
  return { rules, ...(partial === 1 && { isPartial: true }), ...(read && { fields: read }) };
}

function readFields(value: unknown): GrantedAccess['fields'] | undefined {
  if (!Array.isArray(value)) return undefined;
  const fields: (readonly [string, string | null])[] = [];
  for (const entry of value) {
    if (!Array.isArray(entry)) return undefined;
    const [field, where]: unknown[] = entry;
    if (typeof field !== 'string' || (where !== null && typeof where !== 'string')) return undefined;
    fields.push([field, where]);
  }
  return fields;
}
