import type { Attribute, Image } from '../../../src/change/change.ts';
import type { SeededRandom } from '../../../src/testing/random.ts';

/** A value of an item in plain JavaScript: `Set` is a set, bytes are binary, undefined is an attribute that is missing. */
export type Plain =
  | string
  | number
  | boolean
  | null
  | undefined
  | Uint8Array
  | ReadonlySet<string>
  | { readonly object: Item }
  | Plain[];

/** Attribute name → value. */
export type Item = ReadonlyMap<string, Plain>;

/** Names of fields, in the API, that rules may compare with claims → how they are stored and whether they list. */
export const NAMING_FIELDS: ReadonlyMap<string, { readonly attribute: string; readonly list: boolean }> =
  new Map([
    ['owner', { attribute: 'owner', list: false }],
    ['author', { attribute: 'author_id', list: false }],
    ['members', { attribute: 'members', list: true }],
    ['groups', { attribute: 'groups', list: true }],
    ['team', { attribute: 'team', list: false }],
  ]);

export function randomItem(random: SeededRandom, cast: readonly string[]): Item {
  const naming = [...NAMING_FIELDS.values()].map(
    ({ attribute, list }) => [attribute, randomNaming(random, cast, list)] as const,
  );
  return new Map<string, Plain>([
    ['id', 'item'],
    ...naming,
    ['title', random.pick(['a', 'b', undefined])],
    ['secret', random.pick(['x', 'y', undefined])],
    [
      'place',
      {
        object: new Map([
          ['town', 'a'],
          ['door', 'd'],
        ]),
      },
    ],
    // What the API calls by another name, or does not have, must not be taken for what it has.
    ['author', random.pick(cast)],
    ['Owner', random.pick(cast)],
  ]);
}

function randomNaming(random: SeededRandom, cast: readonly string[], list: boolean): Plain {
  const name = () => random.pick(cast);
  const several = () => Array.from({ length: random.integer(4) }, name);
  const asList = (): Plain => {
    const names = several();
    return random.pick<() => Plain>([
      () => (names.length > 0 ? new Set(names) : []),
      () => names,
      () => [...names, null, 5, [name()], true],
    ])();
  };
  const odd = (): Plain =>
    random.pick<Plain>([undefined, null, 5, -0.5, true, '', bytesOf('a'), bytesOf('ali')]);
  if (random.chance(0.2)) return odd();
  // Some items are not stored as the schema says.
  return list === random.chance(0.75) ? asList() : name();
}

function bytesOf(text: string): Uint8Array {
  return Buffer.from(text, 'utf8');
}

/** The item as a stream record has it. */
export function imageOf(item: Item): Image {
  const image: Record<string, Attribute> = Object.create(null);
  for (const [name, value] of item) {
    const attribute = attributeOf(value);
    if (attribute) image[name] = attribute;
  }
  return image;
}

function attributeOf(value: Plain): Attribute | undefined {
  if (value === undefined) return undefined;
  if (value === null) return { NULL: true };
  if (typeof value === 'string') return { S: value };
  if (typeof value === 'number') return { N: String(value) };
  if (typeof value === 'boolean') return { BOOL: value };
  if (value instanceof Uint8Array) return { B: Buffer.from(value).toString('base64') };
  if ('object' in value) return { M: imageOf(value.object) };
  if (Array.isArray(value)) return { L: value.flatMap((each) => attributeOf(each) ?? []) };
  return { SS: [...value] };
}
