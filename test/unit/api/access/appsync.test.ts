import { describe, expect, test } from '@jest/globals';
import { ann, apiKey, openRules, user } from './world.ts';

describe('C6 an AppSync schema', () => {
  const SDL = `
    type Open @table(name: "Open") @aws_api_key @aws_cognito_user_pools { id: ID!  hidden: String @aws_cognito_user_pools }
    type Usual @table(name: "Usual") { id: ID! }
    type Query { ping: String  staff: String @aws_cognito_user_pools(cognito_groups: ["Staff"]) }
    type Mutation { createOpen(input: CreateOpenInput!): Open @aws_cognito_user_pools }
  `;
  const openAppSync = (defaultModes?: readonly ('apiKey' | 'userPools' | 'iam')[]) =>
    openRules(SDL, {
      items: { Open: [{ id: { S: '1' }, hidden: { S: 'x' } }], Usual: [{ id: { S: '1' } }] },
      resolvers: { Query: { ping: () => 'pong', staff: () => 'staff' } },
      ...(defaultModes && { defaultModes }),
    });
  const answered = async (
    run: ReturnType<typeof openRules>['run'],
    identity: typeof ann,
    ...queries: readonly string[]
  ) => {
    const answers: boolean[] = [];
    for (const query of queries) answers.push((await run(query, identity)).errors === undefined);
    return answers;
  };
  const ASKED = [
    '{ getUsual(id: "1") { id } }',
    '{ ping }',
    '{ getOpen(id: "1") { id } }',
    'mutation { createOpen(input: { id: "2" }) { id } }',
  ] as const;

  test('leaves what it does not mark to the modes that are the default, and to nobody where there is none', async () => {
    expect(await answered(openAppSync().run, ann, ...ASKED)).toEqual([false, false, false, true]);
    const byKey = openAppSync(['apiKey']).run;
    expect(await answered(byKey, apiKey, ...ASKED)).toEqual([true, true, true, false]);
    expect(await answered(byKey, ann, ...ASKED)).toEqual([false, false, false, true]);
    const byPool = openAppSync(['userPools']).run;
    expect(await answered(byPool, ann, ...ASKED)).toEqual([true, true, true, true]);
    expect(await answered(byPool, apiKey, ...ASKED)).toEqual([false, false, false, false]);
    const iam = {
      kind: 'iam',
      hash: 'i',
      claims: { provider: 'iam', issuer: 'iam', subject: 'arn' },
    } as const;
    expect(await answered(openAppSync(['iam', 'userPools']).run, iam, ...ASKED)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  test('marks fields and groups', async () => {
    const { run } = openAppSync(['apiKey', 'userPools']);
    expect(await run('{ getOpen(id: "1") { id hidden } }', apiKey)).toEqual({
      data: { getOpen: { id: '1', hidden: null } },
    });
    expect(await run('{ getOpen(id: "1") { hidden } }', ann)).toEqual({ data: { getOpen: { hidden: 'x' } } });
    expect(await answered(run, ann, '{ staff }')).toEqual([false]);
    expect(await answered(run, user('s', { groups: ['Staff'] }), '{ staff }')).toEqual([true]);
  });
});
