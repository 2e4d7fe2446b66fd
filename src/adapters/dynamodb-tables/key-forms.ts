import type { Attribute, Image } from '../../change/change.ts';
import { type KeyForm, keyAttributesOf, keyInForm } from '../../filter/dynamodb-expression.ts';
import { comparisonOf } from '../../filter/value.ts';
import type { TableType } from '../../schema/model.ts';
import { isKeyMismatch } from './failure.ts';

/**
 * An ID is text in the API and may be a number or bytes in the table. Which it is, a table's first refusal tells (it
 * changes nothing), and it is remembered: so no permission to describe tables is needed.
 */
export class KeyForms {
  readonly #known = new Map<string, KeyForm>();
  readonly #read: (type: TableType, key: Image) => Promise<unknown>;

  /** @param read reads an item by a key of a certain form, to know whether the table takes that form */
  constructor(read: (type: TableType, key: Image) => Promise<unknown>) {
    this.#read = read;
  }

  /**
   * Runs `request` with the key in each form it may have until the table takes one.
   * @returns `undefined` when the key is no number or no base64 where the table has numbers or bytes
   * @throws what `request` rejects with last
   */
  async withKey<T>(
    type: TableType,
    key: Image,
    request: (formed: Image) => Promise<T>,
  ): Promise<{ readonly value: T } | undefined> {
    return this.first(type, async (form) => {
      const formed = inForm(key, form);
      if (formed) return { value: { value: await request(formed) }, isProof: true };
      if (!this.#known.has(type.table)) await this.#read(type, anyKey(type, form));
      return { value: undefined, isProof: true };
    });
  }

  /**
   * Runs `request` with each form until one is taken. `isProof` says that the request had a whole key in it, so that
   * the table has shown its form.
   */
  async first<T>(
    type: TableType,
    request: (form: KeyForm) => Promise<{ readonly value: T; readonly isProof: boolean }>,
  ): Promise<T> {
    const known = this.#known.get(type.table);
    let refusal: unknown;
    for (const form of known ? [known] : formsOf(type)) {
      try {
        const { value, isProof } = await request(form);
        if (isProof) this.#known.set(type.table, form);
        return value;
      } catch (error) {
        if (!isKeyMismatch(error)) throw error;
        refusal = error;
      }
    }
    throw refusal;
  }
}

/** The item or key with its key attributes in this form; `undefined` when one has no such form, and so is in no such table. */
export function inForm(image: Image, form: KeyForm): Image | undefined {
  if (form.size === 0) return image;
  const formed: Record<string, Attribute> = Object.assign(Object.create(null), image);
  for (const [name, code] of form) {
    const attribute = image[name];
    if (!attribute || !('S' in attribute)) continue;
    const stored = keyInForm(attribute.S, code);
    if (!stored) return undefined;
    formed[name] = stored;
  }
  return formed;
}

/** A key that no item need have. */
function anyKey(type: TableType, form: KeyForm): Image {
  const key: Record<string, Attribute> = Object.create(null);
  for (const [index, name] of keyAttributesOf(type).entries()) {
    const kind = type.fields.get(type.keys[index] ?? '')?.kind ?? 'ID';
    const isNumber = form.get(name) === 'N' || comparisonOf(kind) === 'number';
    key[name] = isNumber ? { N: '0' } : form.get(name) === 'B' ? { B: 'AA==' } : { S: '0' };
  }
  return key;
}

const CODES = [undefined, 'N', 'B'] as const;

/** Every form, text first, as most keys are. */
function formsOf(type: TableType): readonly KeyForm[] {
  const attributes = keyAttributesOf(type).filter((_, index) => {
    const field = type.fields.get(type.keys[index] ?? '');
    return field && comparisonOf(field.kind) === 'text';
  });
  return attributes.reduce<readonly KeyForm[]>(
    (forms, name) =>
      CODES.flatMap((code) => forms.map((form) => (code ? new Map([...form, [name, code]]) : form))),
    [new Map()],
  );
}
