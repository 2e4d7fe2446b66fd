import { expect, test } from '@jest/globals';
import type { Image } from '../../../src/change/change.ts';
import { createTestRelay, todoRecord } from '../../fixtures/relay.ts';

const SDL = `
type Note @table(name: "Things", where: {attribute: "kind", equals: "note"}) { id: ID! kind: String! text: String }
type Task @table(name: "Things", where: {attribute: "kind", equals: "task"}) { id: ID! kind: String! done: Boolean }
`;

test('C6 a write that turns one type into another is a delete of the one and a create of the other, with one eventId', async () => {
  const relay = createTestRelay({ sdl: SDL });
  await relay.connect('c');
  const fields = [
    'onCreateNote',
    'onUpdateNote',
    'onDeleteNote',
    'onCreateTask',
    'onUpdateTask',
    'onDeleteTask',
  ];
  for (const field of fields) {
    expect(await relay.subscribe('c', field, `subscription { ${field} { __typename id } }`)).toBeUndefined();
  }
  const step = 'kind item { __typename id } previous { __typename id } updatedFields';
  for (const field of ['onChangeNote', 'onChangeTask']) {
    await relay.subscribe('c', field, `subscription { ${field} { ${step} } }`);
  }
  const image = (kind: string, more: Image = {}): Image => ({ id: { S: 'a' }, kind: { S: kind }, ...more });
  const record = todoRecord(relay.clock.now(), {
    table: 'Things',
    oldImage: image('note', { text: { S: 'CANARY-old' } }),
    newImage: image('task', { done: { BOOL: true } }),
  });
  expect(await relay.deliver([record])).toEqual({});
  const frames = relay.frames('c');
  const got = new Map(frames.map(({ id, payload }) => [id, Object(payload)['data']]));
  const note = { __typename: 'Note', id: 'a' };
  const task = { __typename: 'Task', id: 'a' };
  expect(got).toEqual(
    new Map<unknown, unknown>([
      ['onDeleteNote', { onDeleteNote: note }],
      ['onCreateTask', { onCreateTask: task }],
      ['onChangeNote', { onChangeNote: { kind: 'LEAVE', item: null, previous: note, updatedFields: null } }],
      ['onChangeTask', { onChangeTask: { kind: 'ENTER', item: task, previous: null, updatedFields: null } }],
    ]),
  );
  for (const { payload } of frames) {
    expect(payload).toMatchObject({ extensions: { eventId: record.eventID } });
    expect(JSON.stringify(payload)).not.toContain('"updatedFields":[');
  }
});
