import { describe, expect, test } from '@jest/globals';
import { gatewayPresented, iamSubject } from '../../../src/auth/gateway.ts';

const NOW = 1_700_000_000_000;
const SECONDS = NOW / 1000;
const USER = 'arn:aws:iam::123456789012:user/alice';
const iam = (requestContext: unknown) => gatewayPresented(requestContext, { kind: 'iam', claims: [] }, NOW);
const lambda = (requestContext: unknown, claims: readonly string[] = []) =>
  gatewayPresented(requestContext, { kind: 'lambda', claims }, NOW);

describe('without an authoriser in the configuration', () => {
  test('nothing that an event says of an identity is believed', () => {
    const requestContext = {
      identity: { userArn: USER },
      authorizer: { principalId: 'alice', iam: { userArn: USER }, lambda: { subject: 'alice' } },
    };
    expect(gatewayPresented(requestContext, { claims: [] }, NOW)).toEqual({ kind: 'absent' });
    // Nor is what one kind says where the other is configured.
    expect(iam({ authorizer: { principalId: 'alice', subject: 'alice' } }).kind).toBe('refused');
    expect(lambda({ identity: { userArn: USER } }).kind).toBe('refused');
  });
});

describe('the IAM authoriser', () => {
  test('a user speaks for itself, on a WebSocket and over HTTP alike', () => {
    const socket = iam({ identity: { userArn: USER, caller: 'AIDA', accountId: '123456789012' } });
    expect(socket).toEqual({
      kind: 'identified',
      identity: {
        kind: 'iam',
        hash: expect.stringMatching(/^[\w-]{22}$/),
        claims: { provider: 'iam', issuer: 'iam', subject: USER },
      },
    });
    expect(iam({ authorizer: { iam: { userArn: USER } } })).toEqual(socket);
  });

  test.each([
    ['arn:aws:sts::123456789012:assumed-role/Readers/session-1', 'arn:aws:iam::123456789012:role/Readers'],
    [
      'arn:aws-cn:sts::123456789012:assumed-role/team/Readers/session-1',
      'arn:aws-cn:iam::123456789012:role/team/Readers',
    ],
  ])('a session of a role speaks for the role: %s', (arn, role) => {
    expect(iam({ identity: { userArn: arn } })).toMatchObject({
      identity: { claims: { subject: role, username: 'session-1' } },
    });
  });

  test.each<[string, unknown]>([
    ['no context', undefined],
    ['null', null],
    ['no identity', {}],
    ['an ARN of null, as an upgrade that was not signed has it', { identity: { userArn: null } }],
    ['an empty ARN', { identity: { userArn: '' } }],
    ['an ARN of another type', { identity: { userArn: [USER] } }],
    ['an HTTP request that was not signed', { authorizer: { iam: {} }, identity: { userArn: USER } }],
  ])('nobody where it says nothing: %s', (_, requestContext) => {
    expect(iam(requestContext)).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('IAM authoriser'),
    });
  });
});

test.each([
  [USER, USER],
  ['arn:aws:sts::123456789012:assumed-role/Readers/session-1', 'arn:aws:iam::123456789012:role/Readers'],
  ['arn:aws:iam::123456789012:role/Readers', 'arn:aws:iam::123456789012:role/Readers'],
  // API Gateway tells no path of a role: what an operator copies from the console has it.
  ['arn:aws:iam::123456789012:role/team/eu/Readers', 'arn:aws:iam::123456789012:role/Readers'],
  ['arn:aws:iam::123456789012:user/team/alice', 'arn:aws:iam::123456789012:user/team/alice'],
])('S10 whoever is named by %s is revoked as %s', (arn, subject) => {
  expect(iamSubject(arn)).toBe(subject);
});

describe('a Lambda authoriser', () => {
  test('tells who it is in context strings', () => {
    const context = {
      principalId: 'alice',
      integrationLatency: '42',
      username: 'al',
      groups: '["admins","a, b"]',
      scope: 'read',
      tenant: 'acme',
      roles: '["x","y"]',
      secret: 'not named',
      expiresAt: String(SECONDS + 60),
    };
    const presented = lambda({ authorizer: context }, ['tenant', 'roles', 'missing']);
    expect(presented).toEqual({
      kind: 'identified',
      identity: {
        kind: 'lambda',
        hash: expect.stringMatching(/^[\w-]{22}$/),
        claims: {
          provider: 'lambda',
          issuer: 'lambda',
          subject: 'alice',
          username: 'al',
          groups: ['admins', 'a, b'],
          scope: 'read',
          more: [
            ['tenant', 'acme'],
            ['roles', ['x', 'y']],
          ],
        },
        expiresAt: SECONDS + 60,
      },
    });
    const { principalId: subject, ...rest } = context;
    expect(lambda({ authorizer: { lambda: { ...rest, subject } } }, ['tenant', 'roles'])).toEqual(presented);
  });

  test('groups may be parted by commas', () => {
    expect(lambda({ authorizer: { principalId: 'a', groups: ' admins , readers,' } })).toMatchObject({
      identity: { claims: { groups: ['admins', 'readers'] } },
    });
  });

  test('says it by "subject" where there is one, which every kind of API passes on', () => {
    expect(lambda({ authorizer: { principalId: 'user', subject: 'alice' } })).toMatchObject({
      identity: { claims: { subject: 'alice' } },
    });
  });

  test('may have a context string that is called lambda', () => {
    expect(lambda({ authorizer: { principalId: 'alice', lambda: 'x' } })).toMatchObject({
      identity: { claims: { subject: 'alice' } },
    });
  });

  test('may let a client through without saying who it is', () => {
    expect(lambda({ authorizer: { principalId: 'x', tablecast: 'defer' } })).toEqual({ kind: 'absent' });
  });

  test.each<[string, unknown]>([
    ['no authoriser', {}],
    ['null', { authorizer: null }],
    ['nobody', { authorizer: { integrationLatency: 1 } }],
    ['an empty name', { authorizer: { principalId: '' } }],
    ['a number', { authorizer: { principalId: 7 } }],
    ['another word than defer', { authorizer: { tablecast: 'DEFER' } }],
    ['nobody over HTTP', { authorizer: { lambda: {}, principalId: 'alice' } }],
    ['HTTP with nothing', { authorizer: { lambda: null } }],
  ])('nobody where it says nothing: %s', (_, requestContext) => {
    expect(lambda(requestContext).kind).toBe('refused');
  });

  test.each(['soon', '', '-1', -0.5, null, true, '1e9', Number.NaN, NOW + 60_000, String(NOW + 60_000)])(
    'an expiry that is no time: %j',
    (expiresAt) => {
      expect(lambda({ authorizer: { principalId: 'a', expiresAt } }).kind).toBe('refused');
    },
  );

  test('S9 one that is over is told as such', () => {
    expect(lambda({ authorizer: { principalId: 'a', expiresAt: SECONDS } })).toMatchObject({
      kind: 'refused',
      isExpired: true,
    });
  });

  test('whose subject is an ARN is not the IAM user of that name', () => {
    const one = lambda({ authorizer: { principalId: USER } });
    const other = iam({ identity: { userArn: USER } });
    if (one.kind !== 'identified' || other.kind !== 'identified') throw new Error('expected two identities');
    expect(one.identity.hash).not.toBe(other.identity.hash);
  });
});
