import { describe, expect, test } from '@jest/globals';
import { accessWarnings, modesIn, type WaysIn } from '../../src/auth/warnings.ts';
import { readConfig } from '../../src/config.ts';
import type { AccessRule, AuthMode, ModelAccess } from '../../src/schema/access.ts';
import { loadModel } from '../../src/schema/load.ts';

describe('who is let in, by the environment', () => {
  test('by default any page may connect, API Gateway is not believed, and no mode is the default', () => {
    const { authentication, door, settings } = readConfig({});
    expect(authentication).toBe('required');
    expect(door).toEqual({ origins: { allowed: '*', missing: 'refuse' }, gateway: { claims: [] } });
    expect(settings.access).toEqual({ defaultModes: [] });
  });

  test('each is read from its variable', () => {
    const { door, settings } = readConfig({
      TABLECAST_GATEWAY_AUTH: 'lambda',
      TABLECAST_CLAIMS: ' tenant ,, roles',
      TABLECAST_DEFAULT_AUTH: 'apiKey, iam,apiKey',
      TABLECAST_ORIGINS: 'https://app.example.com',
      TABLECAST_ORIGIN_MISSING: 'allow',
    });
    expect(door).toEqual({
      origins: { allowed: new Set(['https://app.example.com']), missing: 'allow' },
      gateway: { kind: 'lambda', claims: ['tenant', 'roles'] },
    });
    expect(settings.access.defaultModes).toEqual(['apiKey', 'iam']);
  });

  test('the page of the local loop is on every list of origins, and makes none', () => {
    const page = 'http://localhost:3000';
    const allowed = (env: Record<string, string>) =>
      readConfig({ ...env, TABLECAST_LOCAL_ISSUER: page }).door.origins.allowed;
    expect(allowed({ TABLECAST_ORIGINS: 'https://a.example' })).toEqual(new Set(['https://a.example', page]));
    expect(allowed({})).toBe('*');
  });

  test.each<[Record<string, string>, string]>([
    [{ TABLECAST_GATEWAY_AUTH: 'IAM' }, 'TABLECAST_GATEWAY_AUTH: expected iam or lambda, got "IAM"'],
    [{ TABLECAST_DEFAULT_AUTH: 'cognito' }, 'TABLECAST_DEFAULT_AUTH: expected apiKey, userPools'],
    [{ TABLECAST_ORIGINS: 'app.example.com' }, 'TABLECAST_ORIGINS: expected * alone, or origins such as'],
    [{ TABLECAST_ORIGIN_MISSING: 'yes' }, 'TABLECAST_ORIGIN_MISSING: expected refuse or allow'],
    [{ TABLECAST_ALLOW_ANYONE: 'yes' }, 'TABLECAST_ALLOW_ANYONE: expected true or false'],
  ])('%j is refused', (env, message) => {
    expect(() => readConfig(env)).toThrow(message);
  });

  test('C6 authentication goes off on AWS by two settings, never by one', () => {
    const aws = { AWS_LAMBDA_FUNCTION_NAME: 'f' };
    expect(() => readConfig({ ...aws, TABLECAST_AUTH: 'off' })).toThrow('TABLECAST_AUTH=off: expected only');
    const anyone = { ...aws, TABLECAST_ALLOW_ANYONE: 'true' };
    expect(readConfig({ ...anyone, TABLECAST_AUTH: 'off' }).authentication).toBe('off');
    expect(readConfig(anyone).authentication).toBe('required');
  });
});

describe('what is said out loud', () => {
  const model = loadModel('type Todo @table(name: "Todos") { id: ID! }', { file: 'schema.graphql' });
  const all = new Set(['listen'] as const);
  const anyone: AccessRule = { kind: 'anyone', isPublic: true, modes: ['apiKey'], operations: all };
  const groups: AccessRule = {
    kind: 'groups',
    groups: ['a'],
    claim: 'groups',
    modes: ['oidc'],
    operations: all,
  };
  const withRule = (rule: AccessRule, more: Partial<ModelAccess> = {}) => ({
    ...model,
    access: { fields: new Map([['Query.x', [rule]]]), usesDefault: false, claims: [], ...more },
  });
  const oidc = (name: string) => ({ issuer: `https://${name}.example`, audience: 'app' });
  const pool = { userPoolId: 'eu-west-1_A', clientId: 'c' };
  const events = (given: Parameters<typeof accessWarnings>[0]) =>
    accessWarnings(given).map(({ event }) => event);
  const access = { defaultModes: [] };

  test('that there are no rules', () => {
    expect(events({ model, jwt: [], access })).toEqual(['access.no_rules']);
    expect(events({ model: withRule(anyone), jwt: [], access })).toEqual([]);
  });

  test('that rules are for a default that nobody named', () => {
    const usesDefault = withRule(anyone, { usesDefault: true });
    expect(events({ model: usesDefault, jwt: [], access })).toEqual(['access.no_default']);
    expect(events({ model: usesDefault, jwt: [], access: { defaultModes: ['apiKey'] } })).toEqual([]);
  });

  test('that rules are for people whom nothing lets in, and what would', () => {
    const said = (rule: AccessRule, ways: Partial<WaysIn>, defaultModes: readonly AuthMode[] = []) =>
      accessWarnings({
        model: withRule(rule),
        jwt: [],
        access: { defaultModes },
        modes: modesIn({ hasApiKeys: false, jwt: [], hasHook: false, ...ways }),
      }).map(({ event, message }) => `${event} ${message}`);
    const key = { hasApiKeys: true };
    const pools: AccessRule = { ...anyone, modes: ['userPools'] };
    expect(said(pools, key)).toEqual([
      expect.stringMatching(/^access\.no_mode .*userPools \(jwt, with a user pool\)/),
    ]);
    expect(said(pools, { jwt: [oidc('a')] })).toHaveLength(1);
    expect(said(pools, { jwt: [pool] })).toEqual([]);
    // Of the modes of one rule any will do.
    expect(said({ ...anyone, modes: ['userPools', 'oidc'] }, { jwt: [oidc('a')] })).toEqual([]);
    expect(said({ ...anyone, modes: ['iam', 'lambda'] }, key)).toEqual([expect.stringContaining('iam (')]);
    expect(said({ ...anyone, modes: ['iam'] }, { gateway: 'iam' })).toEqual([]);
    expect(said({ ...anyone, modes: ['iam'] }, { gateway: 'lambda' })).toHaveLength(1);
    expect(said({ ...anyone, modes: ['lambda'] }, { hasHook: true })).toEqual([]);
    expect(said({ ...anyone, modes: 'default' }, key, ['oidc'])).toHaveLength(1);
    expect(said({ ...anyone, modes: 'default' }, key, ['apiKey'])).toEqual([]);
    // A worker lets nobody in, and knows of no way in.
    expect(said(pools, {})).toEqual([]);
  });

  test('that several issuers of one kind pass for each other, where rules read what they claim', () => {
    const several = [oidc('a'), oidc('b')];
    expect(events({ model: withRule(groups), jwt: several, access })).toEqual(['access.issuers']);
    expect(events({ model: withRule(anyone), jwt: several, access })).toEqual([]);
    expect(events({ model: withRule(groups), jwt: [oidc('a'), pool], access })).toEqual([]);
    const published = loadModel(
      `type Other @table(name: "Others") { id: ID! }
      type Note @auth(rules: [{ allow: owner, ownerField: "to", provider: oidc }]) { to: String }
      type Subscription { onNote: Note @published }`,
      { file: 'schema.graphql' },
    );
    expect(events({ model: published, jwt: several, access })).toEqual(['access.issuers']);
  });
});
