import type { Attribute, Image } from '../../../src/change/change.ts';

/** Somebody who watches. Names are found nowhere else in a frame. */
export interface Watcher {
  readonly name: string;
  readonly groups: readonly string[];
}

export const WATCHERS: readonly Watcher[] = [
  { name: 'alice-owner', groups: [] },
  { name: 'bob-owner', groups: ['team-blue'] },
  { name: 'carol-reader', groups: ['team-red'] },
  { name: 'erin-nobody', groups: ['team-green'] },
];

/** All that the rules and filters look at of an item. */
export interface State {
  readonly kind: 'doc' | 'page';
  readonly owner: string | undefined;
  readonly members: readonly string[];
  readonly team: string | undefined;
  readonly status: string;
}

const [ALICE = '', BOB = ''] = WATCHERS.map(({ name }) => name);

export const STATES: readonly State[] = (['doc', 'page'] as const).flatMap((kind) =>
  [ALICE, BOB, undefined].flatMap((owner) =>
    [[], [ALICE], [BOB, 'carol-reader']].flatMap((members) =>
      ['team-red', 'team-blue', undefined].flatMap((team) =>
        ['status-open', 'status-closed'].map((status) => ({ kind, owner, members, team, status })),
      ),
    ),
  ),
);

/** An item in a state. Whatever text it holds but its key tells of no other image. */
export interface Canary {
  readonly state: State;
  readonly title: string;
  readonly secret: string;
}

export const KEY = 'the-key';

export function imageOf({ state, title, secret }: Canary): Image {
  const { kind, owner, members, team, status } = state;
  const image: Record<string, Attribute> = Object.create(null);
  const texts = { id: KEY, kind, owner, team, status, title, secret };
  for (const [name, text] of Object.entries(texts)) if (text !== undefined) image[name] = { S: text };
  if (members.length > 0) image['members'] = { L: members.map((member) => ({ S: member })) };
  return image;
}

/** The texts of an item that its reader gets; the secret is for its owner alone. */
export function textsOf({ state, title, secret }: Canary, isOwner: boolean): readonly string[] {
  const { owner, team, members, status, kind } = state;
  const ofDoc = [team, status, ...members, ...(isOwner ? [secret] : [])];
  return [title, owner, ...(kind === 'doc' ? ofDoc : [])].filter((text) => text !== undefined);
}

export const SDL = `
type Doc @table(name: "Docs", where: {attribute: "kind", equals: "doc"}) @auth(rules: [
  {allow: owner, provider: oidc, identityClaim: "sub"}
  {allow: owner, ownerField: "members", provider: oidc, identityClaim: "sub"}
  {allow: groups, groupsField: "team", provider: oidc}
]) {
  id: ID!
  owner: String
  members: [String]
  team: String
  status: String
  title: String
  secret: String @auth(rules: [{allow: owner, provider: oidc, identityClaim: "sub"}])
}
type Page @table(name: "Docs", where: {attribute: "kind", equals: "page"}) @auth(rules: [
  {allow: owner, provider: oidc, identityClaim: "sub"}
]) {
  id: ID!
  owner: String
  title: String
}
`;

/** What each watcher subscribes to. */
export interface Watch {
  readonly id: string;
  readonly query: string;
  readonly kind: State['kind'];
  readonly event: 'create' | 'update' | 'delete' | 'change';
  readonly filter?: 'open' | 'secret';
}

const DOC = 'id owner members team status title secret';
const PAGE = 'id owner title';

export const WATCHES: readonly Watch[] = [
  watch('doc', 'create'),
  watch('doc', 'update'),
  watch('doc', 'delete'),
  watch('doc', 'change'),
  watch('doc', 'update', 'open'),
  watch('doc', 'change', 'open'),
  watch('doc', 'change', 'secret'),
  watch('page', 'update'),
  watch('page', 'change'),
];

function watch(kind: Watch['kind'], event: Watch['event'], filter?: Watch['filter']): Watch {
  const name = `on${upper(event)}${upper(kind)}`;
  const fields = kind === 'doc' ? DOC : PAGE;
  const given =
    filter === 'open'
      ? '(filter: {status: {eq: "status-open"}})'
      : filter === 'secret'
        ? '(filter: {secret: {attributeExists: true}})'
        : '';
  const selected =
    event === 'change' ? `kind updatedFields item { ${fields} } previous { ${fields} }` : fields;
  const query = `subscription { ${name}${given} { ${selected} } }`;
  return { id: `watch-${name}-${filter ?? 'all'}`, query, kind, event, ...(filter && { filter }) };
}

function upper(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/** Whether a watcher may read an item of this state under this subscription, by the words of the rules. */
export function sees({ kind, filter }: Watch, { name, groups }: Watcher, state: State): boolean {
  if (state.kind !== kind) return false;
  const isOwner = state.owner === name;
  if (kind === 'page') return isOwner;
  const isReader =
    isOwner || state.members.includes(name) || (state.team !== undefined && groups.includes(state.team));
  if (filter === 'secret') return isOwner;
  return isReader && (filter !== 'open' || state.status === 'status-open');
}
