import { describe, expect, test } from '@jest/globals';
import { image } from '../../filter/todo.ts';
import { admin, ann, apiKey, bob, denied, openRules, user } from './world.ts';

/** Everybody with a token may do everything, but with what has rules of its own. */
const PEOPLE = `
  type Person @table(name: "Person") @auth(rules: [{ allow: private }]) {
    id: ID!
    name: String
    owner: String
    salary: Int @auth(rules: [{ allow: groups, groups: ["Admin"] }])
    diary: String @attribute(name: "d") @auth(rules: [{ allow: owner }])
    home: Address
    homes: [Address]
  }
  type Address { city: String  code: String @auth(rules: [{ allow: groups, groups: ["Admin"] }]) }
`;

const ANN = {
  id: { S: 'a' },
  owner: { S: 'ann' },
  name: { S: 'Ann' },
  salary: { N: '100' },
  d: { S: 'secret' },
  home: {
    M: image([
      ['city', { S: 'Berne' }],
      ['code', { S: '1234' }],
    ]),
  },
};
const BOB = { ...ANN, id: { S: 'b' }, owner: { S: 'bob' } };

const open = () => openRules(PEOPLE, { items: { Person: [ANN, BOB] } });

const ALL = 'name owner salary diary home { city code }';
const seen = { name: 'Ann', owner: 'ann', salary: null, diary: null, home: { city: 'Berne', code: null } };

describe('C6 a field with rules of its own', () => {
  test('is null to whom they do not let read it, by any name and through any fragment', async () => {
    const { run } = open();
    const get = `{ getPerson(id: "a") { ${ALL} } }`;
    expect(await run(get, bob)).toEqual({ data: { getPerson: seen } });
    expect(await run(get, ann)).toEqual({ data: { getPerson: { ...seen, diary: 'secret' } } });
    expect(await run(get, admin)).toEqual({
      data: { getPerson: { ...seen, salary: 100, home: { city: 'Berne', code: '1234' } } },
    });
    const tricks = `
      { a: getPerson(id: "a") { name: diary ...F ... on Person { x: salary } home { y: code } } }
      fragment F on Person { diary z: salary }
    `;
    expect(await run(tricks, bob)).toEqual({
      data: { a: { name: null, diary: null, z: null, x: null, home: { y: null } } },
    });
    const list = '{ listPersons { items { id diary salary } } }';
    expect(await run(list, ann)).toEqual({
      data: {
        listPersons: {
          items: [
            { id: 'a', diary: 'secret', salary: null },
            { id: 'b', diary: null, salary: null },
          ],
        },
      },
    });
  });

  test('cannot be found out by a filter: it is refused, or holds of those items alone where it may be read', async () => {
    const { run, asked } = open();
    const list = 'query ($filter: TablePersonFilterInput) { listPersons(filter: $filter) { items { id } } }';
    for (const filter of [
      { salary: { ge: 0 } },
      { not: { salary: { eq: 100 } } },
      { or: [{ name: { eq: 'Ann' } }, { and: [{ salary: { attributeExists: true } }] }] },
    ]) {
      expect(await run(list, bob, { filter })).toEqual({
        data: { listPersons: null },
        errors: [denied('Filter: expected fields of Person that you may read, got salary')],
      });
    }
    // Whom no rule is about is not even told that of the filter.
    expect((await run(list, apiKey, { filter: { salary: { ge: 0 } } })).errors).toEqual([
      denied('Not Authorized to access listPersons on type Query'),
    ]);
    expect(asked).toEqual([]);
    expect(await run(list, admin, { filter: { salary: { eq: 100 } } })).toMatchObject({
      data: { listPersons: { items: [{ id: 'a' }, { id: 'b' }] } },
    });
    for (const filter of [
      { diary: { beginsWith: 's' } },
      { not: { diary: { eq: 'other' } } },
      { or: [{ diary: { ne: 'x' } }, {}] },
    ]) {
      expect(await run(list, ann, { filter })).toEqual({ data: { listPersons: { items: [{ id: 'a' }] } } });
    }
    expect((await run(list, user('root', { groups: [] }), { filter: { diary: { ne: 'x' } } })).data).toEqual({
      listPersons: { items: [] },
    });
  });

  test('is set at creation by whom its rules let, and by nobody else', async () => {
    const { run, asked } = open();
    const create = `mutation ($input: CreatePersonInput!) { createPerson(input: $input) { ${ALL} } }`;
    const refused = async (input: object, path: string, identity = ann) => {
      const result = await run(create, identity, { input: { id: 'x', ...input } });
      expect(result).toEqual({
        data: { createPerson: null },
        errors: [denied(`${path}: expected an input without this field, as you may not create it, got one`)],
      });
    };
    await refused({ salary: 1 }, 'Person.salary');
    await refused({ diary: 'x', owner: 'bob' }, 'Person.diary');
    await refused({ diary: 'x' }, 'Person.diary');
    await refused({ home: { city: 'x', code: '1' } }, 'Address.code');
    await refused({ homes: [{ city: 'x' }, { code: '1' }] }, 'Address.code');
    expect(asked).toEqual([]);
    expect(
      await run(create, ann, { input: { id: '1', owner: 'ann', diary: 'x', salary: null } }),
    ).toMatchObject({
      data: { createPerson: { owner: 'ann', diary: 'x' } },
    });
    expect(await run(create, admin, { input: { id: '2', salary: 5, home: { code: '9' } } })).toMatchObject({
      data: { createPerson: { salary: 5, diary: null, home: { code: '9' } } },
    });
  });

  test('is changed or removed by whom its rules let, and by nobody else', async () => {
    const { run, stored } = open();
    const update = 'mutation ($input: UpdatePersonInput!) { updatePerson(input: $input) { name diary } }';
    for (const [input, path] of [
      [{ salary: 1 }, 'Person.salary'],
      [{ salary: null }, 'Person.salary'],
      [{ home: { city: 'x', code: '1' } }, 'Address.code'],
      // What is in it would be gone.
      [{ home: { city: 'x' } }, 'Address.code'],
      [{ home: null }, 'Address.code'],
      [{ homes: [] }, 'Address.code'],
    ] as const) {
      expect(await run(update, ann, { input: { id: 'a', ...input } })).toEqual({
        data: { updatePerson: null },
        errors: [denied(`${path}: expected an input without this field, as you may not update it, got one`)],
      });
    }
    for (const diary of ['x', null]) {
      expect(await run(update, bob, { input: { id: 'a', diary } })).toMatchObject({
        data: { updatePerson: null },
        errors: [{ extensions: { code: 'CONDITION_FAILED' } }],
      });
      // To take the item and its diary at once.
      expect(await run(update, bob, { input: { id: 'a', owner: 'bob', diary } })).toMatchObject({
        errors: [{ extensions: { code: 'CONDITION_FAILED' } }],
      });
    }
    expect(await stored('Person', 'a')).toEqual(ANN);
    expect(await run(update, bob, { input: { id: 'a', name: 'renamed' } })).toEqual({
      data: { updatePerson: { name: 'renamed', diary: null } },
    });
    expect(await run(update, ann, { input: { id: 'a', diary: 'new' } })).toEqual({
      data: { updatePerson: { name: 'renamed', diary: 'new' } },
    });
    expect((await run(update, apiKey, { input: { id: 'a', name: 'x' } })).errors).toEqual([
      denied('Not Authorized to access updatePerson on type Mutation'),
    ]);
  });
});

test('C6 a field with rules, however deep inside an object, is written by whom they let', async () => {
  const { run, stored } = openRules(
    `type Place @table(name: "Place") @auth(rules: [{ allow: private }]) { id: ID!  home: Home  homes: [[Home]] }
    type Home { city: String  spot: Spot }
    type Spot { x: Int  note: String @auth(rules: [{ allow: groups, groups: ["Admin"] }])  within: Home }`,
    { items: { Place: [{ id: { S: '0' } }] } },
  );
  const create =
    'mutation ($input: CreatePlaceInput!) { createPlace(input: $input) { id home { spot { note x } } } }';
  const update = 'mutation ($input: UpdatePlaceInput!) { updatePlace(input: $input) { id } }';
  for (const home of [{ spot: { note: 'n' } }, { spot: { x: 1, within: { spot: { note: '' } } } }]) {
    for (const input of [{ home }, { homes: [[{ city: 'x' }], [null, home]] }, { homes: home }]) {
      expect((await run(create, ann, { input: { id: '1', ...input } })).errors).toEqual([
        denied('Spot.note: expected an input without this field, as you may not create it, got one'),
      ]);
    }
  }
  for (const input of [{ home: { city: 'x' } }, { homes: [] }, { home: null }]) {
    expect((await run(update, ann, { input: { id: '0', ...input } })).errors).toEqual([
      denied('Spot.note: expected an input without this field, as you may not update it, got one'),
    ]);
  }
  expect(await stored('Place', '1')).toBeUndefined();
  // A null writes nothing where nothing can be yet.
  expect(await run(create, ann, { input: { id: '1', home: { spot: { x: 1, note: null } } } })).toEqual({
    data: { createPlace: { id: '1', home: { spot: { note: null, x: 1 } } } },
  });
  expect(await run(create, admin, { input: { id: '2', home: { spot: { note: 'n' } } } })).toMatchObject({
    data: { createPlace: { home: { spot: { note: 'n' } } } },
  });
  expect((await run(update, admin, { input: { id: '2', home: null } })).errors).toBeUndefined();
});

test('C6 a field that may be read, or set once, may not be set for that', async () => {
  const { run } = openRules(`
    type Bill @table(name: "Bill") @auth(rules: [{ allow: private }]) {
      id: ID!
      serial: String @auth(rules: [{ allow: private, operations: [create, read] }])
      state: String @auth(rules: [{ allow: private, operations: [update, read] }])
      terms: Terms
    }
    type Terms { days: Int  rate: Int @auth(rules: [{ allow: private, operations: [read] }, { allow: groups, groups: ["Admin"] }]) }
  `);
  const create =
    'mutation ($input: CreateBillInput!) { createBill(input: $input) { serial state terms { rate } } }';
  const update = 'mutation ($input: UpdateBillInput!) { updateBill(input: $input) { serial state } }';
  const refusals = async (query: string, input: object) =>
    (await run(query, ann, { input: { id: '1', ...input } })).errors?.map(
      ({ message }) => message.split(':')[0],
    );
  expect(await refusals(create, { state: 'x' })).toEqual(['Bill.state']);
  expect(await refusals(create, { terms: { rate: 1 } })).toEqual(['Terms.rate']);
  expect(await refusals(create, { serial: '7', terms: { days: 1 } })).toBeUndefined();
  expect(await refusals(update, { serial: '8' })).toEqual(['Bill.serial']);
  expect(await refusals(update, { terms: { days: 2 } })).toEqual(['Terms.rate']);
  expect(await refusals(update, { state: 'x' })).toBeUndefined();
});
