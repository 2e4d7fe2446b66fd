import { expect } from '@jest/globals';
import { pino } from 'pino';
import { createMemoryTables } from '../../../../src/adapters/memory/tables.ts';
import { createApi } from '../../../../src/api/api.ts';
import type { Api, OperationResult, Tables } from '../../../../src/api/ports.ts';
import type { Claims, Identity } from '../../../../src/auth/identity.ts';
import type { Attribute, Image } from '../../../../src/change/change.ts';
import type { Resolvers } from '../../../../src/project.ts';
import type { AuthMode } from '../../../../src/schema/access.ts';
import { loadModel } from '../../../../src/schema/load.ts';
import type { Model } from '../../../../src/schema/model.ts';
import { createVirtualClock } from '../../../../src/testing/clock.ts';
import { image } from '../../filter/todo.ts';

/** Somebody with a token of a user pool. */
export function user(subject: string, more: Partial<Claims> = {}): Identity {
  const claims: Claims = { provider: 'userPools', issuer: 'https://pool', subject, ...more };
  return { kind: 'jwt', hash: `hash of ${subject}`, claims };
}

export const apiKey: Identity = { kind: 'api-key', hash: 'k' };
export const anonymous: Identity = { kind: 'anonymous', hash: 'a' };
export const ann = user('ann');
export const bob = user('bob');
export const admin = user('root', { groups: ['Admin'] });

export interface Rules {
  readonly api: Api;
  readonly model: Model;
  /** `read Todo`, `write Todo`: what was asked of the tables. */
  readonly asked: string[];
  run(query: string, identity: Identity, variables?: Record<string, unknown>): Promise<OperationResult>;
  /** Items there are, by the key `id`. */
  stored(type: string, id: string): Promise<Image | undefined>;
}

type Items = readonly Readonly<Record<string, Attribute>>[];

/** An API on tables in memory, with rules. */
export function openRules(
  sdl: string,
  options: {
    readonly items?: Readonly<Record<string, Items>>;
    readonly resolvers?: Resolvers;
    readonly defaultModes?: readonly AuthMode[];
  } = {},
): Rules {
  const model = loadModel(sdl);
  const items = Object.entries(options.items ?? {}).map(
    ([table, each]) => [table, each.map((attributes) => image(Object.entries(attributes)))] as const,
  );
  const memory = createMemoryTables({ items: new Map(items) });
  const asked: string[] = [];
  const tables: Tables = {
    get: (type, ...rest) => asking(`read ${type.name}`, () => memory.get(type, ...rest)),
    list: (type, ...rest) => asking(`read ${type.name}`, () => memory.list(type, ...rest)),
    create: (type, ...rest) => asking(`write ${type.name}`, () => memory.create(type, ...rest)),
    update: (type, ...rest) => asking(`write ${type.name}`, () => memory.update(type, ...rest)),
    delete: (type, ...rest) => asking(`write ${type.name}`, () => memory.delete(type, ...rest)),
  };
  function asking<T>(what: string, ask: () => T): T {
    asked.push(what);
    return ask();
  }
  let ids = 0;
  const api = createApi({
    model,
    tables,
    ...(options.resolvers && { resolvers: options.resolvers }),
    publish: async (eventId) => ({ eventId, matched: 0, sent: 0 }),
    logger: pino({ level: 'silent' }),
    clock: createVirtualClock(),
    pageSecret: 'secret of the test',
    uuid: () => `id-${++ids}`,
    ...(options.defaultModes && { access: { defaultModes: options.defaultModes } }),
  });
  return {
    api,
    model,
    asked,
    async run(query, identity, variables = {}) {
      const checked = api.check({ query, variables });
      if (!checked.ok) return { errors: checked.errors };
      if (checked.kind === 'subscription') throw new Error('expected a query or a mutation');
      return JSON.parse(JSON.stringify(await api.run(checked, { query, variables }, { identity })));
    },
    async stored(name, id) {
      const type = model.types.get(name);
      return type && memory.get(type, image([['id', { S: id }]]));
    },
  };
}

/** What one error of a result is expected to be, in AppSync's shape. */
export function denied(message: string | RegExp) {
  return expect.objectContaining({
    data: null,
    errorType: 'Unauthorized',
    errorInfo: null,
    message: typeof message === 'string' ? message : expect.stringMatching(message),
    extensions: { code: 'FORBIDDEN' },
  });
}
