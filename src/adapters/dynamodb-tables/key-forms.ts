import type { Attribute, Image } from '../../change/change.ts';
import { normaliseDecimal } from '../../filter/decimal.ts';
import { keyAttributesOf } from '../../filter/dynamodb-expression.ts';
import { comparisonOf } from '../../filter/value.ts';
import type { TableType } from '../../schema/model.ts';
import { isKeyMismatch } from './failure.ts';

/** Key attributes of text fields that the table stores as N. */
export type NumericKeys = ReadonlySet<string>;

/**
 * An ID is text in the API and may be a number in the table. Which it is, a table's first refusal tells (it changes
 * nothing), and it is remembered: so no permission to describe tables is needed.
 */
export class KeyForms {
  readonly #known = new Map<string, NumericKeys>();
  readonly #read: (type: TableType, key: Image) => Promise<unknown>;

  /** @param read reads an item by a key of a certain form, to know whether the table takes that form */
  constructor(read: (type: TableType, key: Image) => Promise<unknown>) {
    this.#read = read;
  }

  /**
   * Runs `request` with the key in each form it may have until the table takes one.
   * @returns `undefined` when the key is no number where the table has numbers
   * @throws what `request` rejects with last
   */
  async withKey<T>(
    type: TableType,
    key: Image,
    request: (formed: Image) => Promise<T>,
  ): Promise<{ readonly value: T } | undefined> {
    return this.first(type, async (numeric) => {
      const formed = inForm(key, numeric);
      if (formed) return { value: { value: await request(formed) }, isProof: true };
      if (!this.#known.has(type.table)) await this.#read(type, anyKey(type, numeric));
      return { value: undefined, isProof: true };
    });
  }

  /**
   * Runs `request` with each form until one is taken. `isProof` says that the request had a whole key in it, so that
   * the table has shown its form.
   */
  async first<T>(
    type: TableType,
    request: (numeric: NumericKeys) => Promise<{ readonly value: T; readonly isProof: boolean }>,
  ): Promise<T> {
    const known = this.#known.get(type.table);
    let refusal: unknown;
    for (const numeric of known ? [known] : formsOf(type)) {
      try {
        const { value, isProof } = await request(numeric);
        if (isProof) this.#known.set(type.table, numeric);
        return value;
      } catch (error) {
        if (!isKeyMismatch(error)) throw error;
        refusal = error;
      }
    }
    throw refusal;
  }
}

/** The item or key with its key attributes in this form; `undefined` when one is no number, and so in no such table. */
export function inForm(image: Image, numeric: NumericKeys): Image | undefined {
  if (numeric.size === 0) return image;
  const formed: Record<string, Attribute> = Object.assign(Object.create(null), image);
  for (const name of numeric) {
    const attribute = image[name];
    if (!attribute || !('S' in attribute)) continue;
    if (normaliseDecimal(attribute.S) !== attribute.S) return undefined;
    formed[name] = { N: attribute.S };
  }
  return formed;
}

/** A key that no item need have. */
function anyKey(type: TableType, numeric: NumericKeys): Image {
  const key: Record<string, Attribute> = Object.create(null);
  for (const [index, name] of keyAttributesOf(type).entries()) {
    const kind = type.fields.get(type.keys[index] ?? '')?.kind ?? 'ID';
    key[name] = numeric.has(name) || comparisonOf(kind) === 'number' ? { N: '0' } : { S: '0' };
  }
  return key;
}

function formsOf(type: TableType): readonly NumericKeys[] {
  const attributes = keyAttributesOf(type).filter((_, index) => {
    const field = type.fields.get(type.keys[index] ?? '');
    return field && comparisonOf(field.kind) === 'text';
  });
  const [partition, sort] = attributes;
  const single = attributes.map((attribute) => new Set([attribute]));
  return [new Set(), ...single, ...(partition && sort ? [new Set([partition, sort])] : [])];
}
