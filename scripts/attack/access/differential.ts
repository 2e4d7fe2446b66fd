import { setImmediate } from 'node:timers/promises';
import type { AccessSettings } from '../../../src/auth/access.ts';
import type { Image } from '../../../src/change/change.ts';
import { alternatives } from '../../../src/filter/alternatives.ts';
import { canonicalFilter } from '../../../src/filter/canonical.ts';
import type { Expression } from '../../../src/filter/expression.ts';
import { imageFilterKeys } from '../../../src/filter/image-keys.ts';
import { filterKey } from '../../../src/filter/keys.ts';
import { predicateMemo } from '../../../src/filter/memo.ts';
import { readFilter } from '../../../src/filter/read.ts';
import { chooseShapes } from '../../../src/filter/shapes.ts';
import { deliveryGuards } from '../../../src/relay/deliver/delivery-guards.ts';
import { grant } from '../../../src/relay/grant.ts';
import { loadModel } from '../../../src/schema/load.ts';
import type { Model, SubscriptionField } from '../../../src/schema/model.ts';
import { createSeededRandom, type SeededRandom } from '../../../src/testing/random.ts';
import { type Item, imageOf, randomItem } from './items.ts';
import { mayRead } from './may-read.ts';
import { identityOf, type Person, randomCast, randomPerson } from './people.ts';
import { type RuleSet, randomRules, schemaOf } from './rules.ts';

const PEOPLE = 12;
const ITEMS = 25;
const FIELD = 'onChangeDoc';
const GUARDED = ['title', 'secret'] as const;
const MOST_TRACED = 10;

export interface DifferentialOptions {
  readonly seed: number;
  /** Least rules × identities × images to try. */
  readonly triples: number;
  readonly onProgress?: (triples: number) => void;
  /** In place of the relay's own: what must be found is planted here. */
  readonly grant?: typeof grant;
}

export interface DifferentialFigures {
  readonly schemas: number;
  readonly triples: number;
  /** Of the triples, those in which the item may be read. */
  readonly readable: number;
  /** Items, and guarded fields of items, that were sent and may not be read. */
  readonly leaks: number;
  /** Those that may be read and were not sent. */
  readonly falseDenials: number;
  /** Guarded fields of readable items that were judged on their own. */
  readonly fields: number;
  /** The first few that went wrong, each in one line. */
  readonly trace: readonly string[];
}

/**
 * T9: random rules, people and items through what a subscription and its delivery go through, and through
 * {@link mayRead}.
 */
export async function runAccessDifferential(options: DifferentialOptions): Promise<DifferentialFigures> {
  const random = createSeededRandom(options.seed);
  const differential = new Differential(options.grant ?? grant);
  while (differential.triples < options.triples) {
    differential.tryRules(random);
    options.onProgress?.(differential.triples);
    await setImmediate();
  }
  return differential.figures();
}

/** What somebody filters by of their own accord: nothing, or a field that may have rules of its own. */
type Wish = { readonly field: (typeof GUARDED)[number]; readonly value: string } | undefined;

class Differential {
  triples = 0;
  readonly #grant: typeof grant;
  #schemas = 0;
  #readable = 0;
  #leaks = 0;
  #falseDenials = 0;
  #fields = 0;
  readonly #trace: string[] = [];

  constructor(granting: typeof grant) {
    this.#grant = granting;
  }

  tryRules(random: SeededRandom): void {
    const cast = randomCast(random);
    const rules = randomRules(random, cast);
    const model = loadModel(schemaOf(rules), { file: 'schema.graphql' });
    this.#schemas += 1;
    const items = Array.from({ length: ITEMS }, () => randomItem(random, cast));
    for (let n = 0; n < PEOPLE; n += 1) {
      const person = randomPerson(random, cast);
      const wish = random.chance(0.3)
        ? { field: random.pick(GUARDED), value: random.pick(['a', 'x']) }
        : undefined;
      const settings = { defaultModes: rules.defaults, mostKeys: random.pick([1, 3, 16]) };
      const seen = reader(model, person, wish, settings, this.#grant);
      for (const item of items) this.#compare(rules, person, wish, item, seen);
    }
  }

  #compare(rules: RuleSet, person: Person, wish: Wish, item: Item, seen: Seen): void {
    this.triples += 1;
    const sees = (field: (typeof GUARDED)[number]) => {
      const own = rules.fields.get(field);
      return !own || mayRead(own, person, item);
    };
    const may = mayRead(rules.type, person, item) && (!rules.root || mayRead(rules.root, person, item));
    if (may) this.#readable += 1;
    // Who compares a field learns what is in it, so that it must be one they may read of that very item.
    const isWished = !wish || (item.get(wish.field) === wish.value && sees(wish.field));
    const what = () => JSON.stringify({ rules: schemaOf(rules), person, wish, image: imageOf(item) });
    const sent = seen(item);
    this.#judge(may && isWished, sent !== undefined, what);
    if (!sent || !may) return;
    for (const field of GUARDED) {
      this.#fields += 1;
      this.#judge(sees(field), sent(`Doc.${field}`), () => `${field} of ${what()}`);
    }
    this.#fields += 1;
    const seesDoor = !rules.door || mayRead(rules.door, person, item);
    this.#judge(seesDoor, sent('Place.door'), () => `door of ${what()}`);
  }

  #judge(may: boolean, does: boolean, what: () => string): void {
    if (may === does) return;
    if (may) this.#falseDenials += 1;
    else this.#leaks += 1;
    if (this.#trace.length < MOST_TRACED) this.#trace.push(`${may ? 'denied' : 'leaked'}: ${what()}`);
  }

  figures(): DifferentialFigures {
    return {
      schemas: this.#schemas,
      triples: this.triples,
      readable: this.#readable,
      leaks: this.#leaks,
      falseDenials: this.#falseDenials,
      fields: this.#fields,
      trace: this.#trace,
    };
  }
}

/** What somebody is sent of an item: nothing, or whether a field of it, named as `Type.field`. */
type Seen = (item: Item) => ((path: string) => boolean) | undefined;

interface ReaderSettings extends AccessSettings {
  /** Filter keys a subscription may have. */
  readonly mostKeys: number;
}

/** What the relay does: once when somebody subscribes, and then for each image. */
function reader(
  model: Model,
  person: Person,
  wish: Wish,
  settings: ReaderSettings,
  granting: typeof grant,
): Seen {
  const field = subscriptionField(model);
  const wished = wish ? new Map([['filter', { [wish.field]: { eq: wish.value } }]]) : new Map();
  const own = readFilter(field, wished);
  if (!own.ok) throw new Error(own.message);
  const granted = granting(model, field, own.expression, { identity: identityOf(person), settings });
  if (!granted.ok) return () => undefined;
  const { access } = granted;
  const predicate = predicateMemo()(canonicalFilter(granted.expression), field.type);
  if (!predicate.ok) throw new Error(predicate.message);
  const finds = findingOf(granted.expression, field, settings);
  return (item) => {
    const image = imageOf(item);
    if (!predicate.test(image) || !finds(image)) return undefined;
    const change = { ...CHANGE, newImage: image };
    const { guards } = deliveryGuards(
      { record: 0, type: field.type, change },
      access && { access },
      undefined,
    );
    const place = image['place'];
    const objects = new Map([['Place', place && 'M' in place ? place.M : undefined]]);
    return (path) => {
      const source = objects.get(path.slice(0, path.indexOf('.'))) ?? image;
      return isUnguarded(model, path) || guards?.mayReadField(path, source) === true;
    };
  };
}

/** Where no rule of its own stands on a field, no guard is asked. */
function isUnguarded(model: Model, path: string): boolean {
  const [typeName = '', field = ''] = path.split('.');
  const type = model.subscriptions.get(FIELD)?.type;
  return !model.access?.fields.has(path) && !(type?.name === typeName && type.access?.fields.has(field));
}

/** Whether somebody's rows are among those that are looked up for an image. */
function findingOf(
  expression: Expression,
  { name, type }: SubscriptionField,
  { mostKeys }: ReaderSettings,
): (image: Image) => boolean {
  const chosen = chooseShapes(alternatives(expression, { max: mostKeys }), []);
  const rows = chosen.map(({ names, equalities }) => [names, filterKey(name, equalities)] as const);
  return (image) =>
    rows.some(([names, key]) => imageFilterKeys(name, names, image, type).known.includes(key));
}

const CHANGE = {
  eventId: 'e',
  eventName: 'INSERT',
  table: 'Docs',
  streamArn: 'arn',
  sequenceNumber: '1',
  at: 0,
  keys: imageOf(new Map()),
  expired: false,
} as const;

function subscriptionField(model: Model): SubscriptionField {
  const field = model.subscriptions.get(FIELD);
  if (!field) throw new Error(`expected a subscription ${FIELD}, got none`);
  return field;
}
