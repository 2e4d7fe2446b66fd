import type { SeededRandom } from '../../../src/testing/random.ts';
import type { SignIn } from './people.ts';

/** One rule of `@auth` as somebody writes it; what is absent is Amplify's default. */
export interface Rule {
  readonly allow: 'public' | 'private' | 'custom' | 'owner' | 'groups';
  readonly provider?: 'apiKey' | 'userPools' | 'oidc' | 'iam' | 'function';
  readonly ownerField?: string;
  readonly identityClaim?: string;
  readonly groups?: readonly string[];
  readonly groupsField?: string;
  readonly groupClaim?: string;
  readonly operations?: readonly string[];
}

/** The rules of a type, of its fields that have their own, and of what stands beside them. */
export interface RuleSet {
  /** Whose words they are written in. AppSync's have no owners, and leave what is unmarked to the default modes. */
  readonly words: 'amplify' | 'appsync';
  readonly defaults: readonly SignIn[];
  /** Whether code publishes what is of the type, or a table holds it. */
  readonly isPublished: boolean;
  /** Of the subscription field; absent where none is written and none is asked for. */
  readonly root?: readonly Rule[];
  readonly type: readonly Rule[];
  readonly fields: ReadonlyMap<'title' | 'secret', readonly Rule[]>;
  /** Of a field of an object inside the items. */
  readonly door?: readonly Rule[];
  /** Which of them are written; the others come of the default modes. */
  readonly marked: ReadonlySet<'type' | 'door'>;
}

const WORDS = [
  'operations',
  'provider',
  'ownerField',
  'identityClaim',
  'groupClaim',
  'groups',
  'groupsField',
] as const;
/** Words of GraphQL, which stand without quotes. */
const ENUMS: ReadonlySet<string> = new Set(['operations', 'provider']);

const OPERATIONS = [
  ['read'],
  ['listen'],
  ['create', 'update', 'delete'],
  ['get', 'list'],
  ['read', 'create'],
];
/** Those of a field read whole or not at all. */
const FIELD_OPERATIONS = [['read'], ['create', 'update'], ['read', 'delete']];

export function randomRules(random: SeededRandom, cast: readonly string[]): RuleSet {
  const isPublished = random.chance(0.15);
  return random.chance(0.2)
    ? appSyncRules(random, cast, isPublished)
    : amplifyRules(random, cast, isPublished);
}

function amplifyRules(random: SeededRandom, cast: readonly string[], isPublished: boolean): RuleSet {
  const several = (operations: readonly string[][]) =>
    Array.from({ length: 1 + random.integer(3) }, () => randomRule(random, cast, operations));
  const fields = (['title', 'secret'] as const).flatMap((field) =>
    random.chance(0.5) ? [[field, several(FIELD_OPERATIONS)] as const] : [],
  );
  const door = random.chance(0.5) && {
    door: [random.pick<Rule>([...STATIC, { allow: 'groups', groups: [random.pick(cast)] }])],
  };
  return {
    words: 'amplify',
    defaults: [],
    isPublished,
    type: several(OPERATIONS),
    fields: new Map(fields),
    ...door,
    marked: new Set(door ? ['type', 'door'] : ['type']),
  };
}

/** Rules that look at no item. */
const STATIC: readonly Rule[] = [
  { allow: 'public' },
  { allow: 'private' },
  { allow: 'private', provider: 'oidc' },
  { allow: 'private', provider: 'iam' },
  { allow: 'custom' },
];

/** By how somebody signs in: what lets in everybody who does so, and AppSync's directive for it. */
const MODES: Readonly<Record<SignIn, readonly [rule: Rule, directive: string]>> = {
  apiKey: [{ allow: 'public' }, '@aws_api_key'],
  userPools: [{ allow: 'private' }, '@aws_cognito_user_pools'],
  oidc: [{ allow: 'private', provider: 'oidc' }, '@aws_oidc'],
  iam: [{ allow: 'private', provider: 'iam' }, '@aws_iam'],
  lambda: [{ allow: 'custom' }, '@aws_lambda'],
};
const SIGN_INS: readonly SignIn[] = ['apiKey', 'userPools', 'userPools', 'oidc', 'iam', 'lambda'];

function appSyncRules(random: SeededRandom, cast: readonly string[], isPublished: boolean): RuleSet {
  const modes = (least: number) => [
    ...new Set(Array.from({ length: least + random.integer(2) }, () => random.pick(SIGN_INS))),
  ];
  const rulesFor = (signIns: readonly SignIn[]): readonly Rule[] => signIns.map((each) => MODES[each][0]);
  const defaults = modes(1);
  const marks = (): readonly Rule[] =>
    random.chance(0.3)
      ? [{ allow: 'groups', groups: [random.pick(cast), random.pick(cast)] }]
      : rulesFor(modes(1));
  const isTypeMarked = random.chance(0.7);
  const isDoorMarked = random.chance(0.5);
  const fields = (['title', 'secret'] as const).flatMap((field) =>
    // One mark at least, or they would not be AppSync's words.
    field === 'secret' || random.chance(0.5) ? [[field, marks()] as const] : [],
  );
  return {
    words: 'appsync',
    defaults,
    isPublished,
    root: rulesFor(defaults),
    type: isTypeMarked ? marks() : rulesFor(defaults),
    fields: new Map(fields),
    door: isDoorMarked ? marks() : rulesFor(defaults),
    marked: new Set([...(isTypeMarked ? ['type' as const] : []), ...(isDoorMarked ? ['door' as const] : [])]),
  };
}

function randomRule(random: SeededRandom, cast: readonly string[], operations: readonly string[][]): Rule {
  const scope = random.chance(0.4) ? { operations: random.pick(operations) } : {};
  switch (
    random.pick(['owner', 'owner', 'owner', 'field', 'field', 'groups', 'private', 'public', 'custom'])
  ) {
    case 'owner': {
      const provider = random.pick([undefined, undefined, 'userPools', 'oidc', 'iam', 'function'] as const);
      const ownerField = random.pick([undefined, 'author', 'members', 'members', 'team']);
      const identityClaim = random.pick([
        undefined,
        'sub',
        'username',
        'email',
        'sub::username',
        'email::sub',
      ]);
      // By IAM no other claim tells one person, and the schema is refused.
      const isTaken = provider !== 'iam' || identityClaim?.startsWith('sub');
      return {
        allow: 'owner',
        ...(provider && { provider }),
        ...(ownerField && { ownerField }),
        ...(identityClaim && isTaken && { identityClaim }),
        ...scope,
      };
    }
    case 'field': {
      const provider = random.pick([undefined, 'oidc', 'function'] as const);
      const groupsField = random.pick([undefined, 'groups', 'team', 'members']);
      const groupClaim = random.pick([undefined, undefined, 'teams']);
      return {
        allow: 'groups',
        ...(provider && { provider }),
        ...(groupsField && { groupsField }),
        ...(groupClaim && { groupClaim }),
        ...scope,
      };
    }
    case 'groups':
      return { allow: 'groups', groups: [random.pick(cast), random.pick(cast)], ...scope };
    case 'private': {
      const provider = random.pick([undefined, 'oidc', 'iam'] as const);
      return { allow: 'private', ...(provider && { provider }), ...scope };
    }
    case 'public':
      return { allow: 'public', ...scope };
    default:
      return { allow: 'custom', ...scope };
  }
}

/** The rules written out in a schema. */
export function schemaOf({ words, isPublished, type, fields, door, marked: written }: RuleSet): string {
  const directive = (rules: readonly Rule[]) =>
    words === 'amplify' ? directiveOf(rules) : rules.map(appSyncDirective).join(' ');
  const marked = (field: 'title' | 'secret') => {
    const rules = fields.get(field);
    return `${field}: String${rules ? ` ${directive(rules)}` : ''}`;
  };
  return `
type Doc ${isPublished ? '' : '@table(name: "Docs")'} ${written.has('type') ? directive(type) : ''} {
  id: ID!
  owner: String
  author: ID @attribute(name: "author_id")
  members: [String]
  groups: [ID!]
  team: String
  ${marked('title')}
  ${marked('secret')}
  place: Place
}
type Place {
  town: String
  door: String ${door && written.has('door') ? directive(door) : ''}
}
${isPublished ? 'type Other @table(name: "Others") { id: ID! }\ntype Subscription { onChangeDoc: Doc @published }' : ''}`;
}

function appSyncDirective(rule: Rule): string {
  if (rule.groups) return `@aws_cognito_user_pools(cognito_groups: ${JSON.stringify(rule.groups)})`;
  const [, directive] = Object.values(MODES).find(([each]) => each === rule) ?? [];
  if (directive === undefined) throw new RangeError(`expected a rule of AppSync's, got ${ruleText(rule)}`);
  return directive;
}

function directiveOf(rules: readonly Rule[]): string {
  return `@auth(rules: [${rules.map(ruleText).join(', ')}])`;
}

function ruleText(rule: Rule): string {
  const words = WORDS.flatMap((word) => {
    const value = rule[word];
    if (value === undefined) return [];
    return [
      `${word}: ${ENUMS.has(word) ? JSON.stringify(value).replaceAll('"', '') : JSON.stringify(value)}`,
    ];
  });
  return `{${[`allow: ${rule.allow}`, ...words].join(', ')}}`;
}
