import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Dialect } from '../../../src/protocol/dialect.ts';
import { intake } from '../../../src/relay/deliver/intake.ts';
import { BatchRenderer, type Rendering } from '../../../src/relay/deliver/payload.ts';
import { type PreparedDocument, prepareDocument } from '../../../src/render/render.ts';
import { createTestRelay, todoRecord } from '../../fixtures/relay.ts';

const relay = createTestRelay();

function prepared(text: string): PreparedDocument {
  const preparation = prepareDocument(relay.context.model, text);
  if (!preparation.ok) throw new Error(preparation.message);
  return preparation.prepared;
}

const CHANGED = prepared('subscription{onChangeTodo{kind item{id memo}previous{id memo}}}');
const CREATED = prepared('subscription{onCreateTodo{id memo}}');

interface Case {
  readonly kind: 'item' | 'UPDATE';
  readonly memo: string;
  readonly previous: string;
  readonly dialect: Dialect;
  readonly clientId: string;
  readonly skipped: number;
  readonly maxFrameBytes: number;
}

const texts = fc.string({ unit: fc.constantFrom('a', '"', 'é', 'ね', '👋', '\ud800'), maxLength: 120 });
const cases: fc.Arbitrary<Case> = fc.record({
  kind: fc.constantFrom('item', 'UPDATE'),
  memo: texts,
  previous: texts,
  dialect: fc.constantFrom('graphql-transport-ws', 'apollo', 'appsync'),
  clientId: texts,
  skipped: fc.constantFrom(0, 7),
  maxFrameBytes: fc.integer({ min: 250, max: 1_600 }),
});

/** The change of a case, as the stream tells it. */
function changeOf({ kind, memo, previous }: Case) {
  const image = (text: string) => ({ id: { S: 'a' }, memo: { S: text } });
  const [typed] = intake(relay.context, [
    todoRecord(relay.clock.now(), {
      newImage: image(memo),
      ...(kind === 'UPDATE' && { oldImage: image(previous) }),
    }),
  ]);
  if (!typed) throw new Error('expected a change');
  return typed;
}

/** The frame as it would be written for its subscriber alone: each form is tried, and measured as a whole. */
function naive(each: Case, typed: ReturnType<typeof changeOf>): string {
  const { kind, memo, previous, dialect, clientId, skipped, maxFrameBytes } = each;
  const { eventId, sequenceNumber, at } = typed.change;
  const updatedFields = memo === previous ? [] : ['memo'];
  const extensions = {
    eventId,
    sequenceNumber,
    approximateCreationTime: new Date(at).toISOString(),
    ...(kind === 'UPDATE' && { updatedFields }),
  };
  const field = kind === 'UPDATE' ? 'onChangeTodo' : 'onCreateTodo';
  const ofPrevious = (kept: boolean) => (kept ? { id: 'a', memo: previous } : null);
  const data = (kept: boolean) =>
    kind === 'UPDATE'
      ? { onChangeTodo: { kind, item: { id: 'a', memo }, previous: ofPrevious(kept) } }
      : { onCreateTodo: { id: 'a', memo } };
  const bytes = Buffer.byteLength(JSON.stringify({ data: data(true), extensions }));
  const tooLarge = {
    data: { [field]: null },
    errors: [
      {
        message: `Payload: expected a frame of at most ${maxFrameBytes} bytes, got ${bytes}; read the item by its key`,
        path: [field],
        extensions: { code: 'PAYLOAD_TOO_LARGE', key: { id: 'a' }, eventId, bytes },
      },
    ],
  };
  const frame = (content: object) =>
    JSON.stringify({
      type: dialect === 'graphql-transport-ws' ? 'next' : 'data',
      payload: { ...content, extensions: { ...extensions, ...(skipped > 0 && { skipped }) } },
      id: clientId,
    });
  const forms = [frame({ data: data(true) })];
  if (kind === 'UPDATE') forms.push(frame({ data: data(false) }));
  return forms.find((form) => Buffer.byteLength(form) <= maxFrameBytes) ?? frame(tooLarge);
}

function rendering(each: Case, typed: ReturnType<typeof changeOf>): Rendering {
  const { kind, dialect, clientId } = each;
  return { typed, kind, candidate: { dialect, clientId, renderingKey: kind } };
}

const rendererWith = (maxFrameBytes: number) =>
  new BatchRenderer({ ...relay.context, settings: { ...relay.context.settings, maxFrameBytes } });

describe('the frame of a payload', () => {
  test('has the bytes of one that was rendered, measured and written for its subscriber alone', async () => {
    const forms = new Set<string>();
    await fc.assert(
      fc.asyncProperty(cases, async (each) => {
        const typed = changeOf(each);
        const expected = naive(each, typed);
        const document = each.kind === 'UPDATE' ? CHANGED : CREATED;
        const made = await rendererWith(each.maxFrameBytes).frame(
          rendering(each, typed),
          document,
          each.skipped,
        );
        expect(Buffer.from(made.frame).toString('utf8')).toBe(Buffer.from(expected).toString('utf8'));
        expect(made.tooLarge).toBe(expected.includes('PAYLOAD_TOO_LARGE'));
        forms.add(made.tooLarge ? 'too large' : /"previous":null/.test(expected) ? 'short' : 'whole');
      }),
      { numRuns: 500 },
    );
    // Otherwise the property would say little.
    expect([...forms].sort()).toEqual(['short', 'too large', 'whole']);
  });

  test('C4 is too large for one alone whose id is too long: who shares the payload gets the whole of it', async () => {
    const each = {
      kind: 'item',
      memo: 'm',
      previous: '',
      dialect: 'apollo',
      clientId: '1',
      skipped: 0,
    } as const;
    const typed = changeOf({ ...each, maxFrameBytes: 0 });
    const room = Buffer.byteLength(naive({ ...each, maxFrameBytes: 10_000 }, typed));
    const renderer = rendererWith(room);
    const of = (clientId: string) =>
      renderer.frame(rendering({ ...each, clientId, maxFrameBytes: room }, typed), CREATED);
    expect((await of('1')).tooLarge).toBe(false);
    expect((await of('12')).tooLarge).toBe(true);
    expect((await of('2')).tooLarge).toBe(false);
    expect(renderer.renderings).toBe(1);
  });
});

describe('what is shared', () => {
  const each: Case = {
    kind: 'item',
    memo: 'm',
    previous: '',
    dialect: 'apollo',
    clientId: '1',
    skipped: 0,
    maxFrameBytes: 10_000,
  };

  test('is told apart by change, field, kind and rendering key, and by nothing else', () => {
    const renderer = rendererWith(10_000);
    const typed = changeOf(each);
    const change = renderer.change();
    const of = (more: Partial<Rendering>, document = CREATED, renderingKey = 'k') =>
      change.of(
        {
          typed,
          kind: 'ENTER',
          candidate: { dialect: 'apollo', clientId: String(Math.random()), renderingKey },
          ...more,
        },
        document,
      );
    const first = of({});
    expect(of({})).toBe(first);
    const others = [of({ kind: 'LEAVE' }), of({ kind: 'UPDATE' }), of({}, CHANGED), of({}, CREATED, 'l')];
    expect(new Set([first, ...others]).size).toBe(5);
    // Asked again in another order, each is found among those of its rendering key.
    expect([of({}, CREATED, 'l'), of({}, CHANGED), of({ kind: 'UPDATE' }), of({ kind: 'LEAVE' })]).toEqual(
      others.reverse(),
    );
    expect(of({})).toBe(first);
  });

  test('is ready at once, the first time too, where no resolver is waited for', () => {
    const renderer = rendererWith(10_000);
    const match = rendering(each, changeOf(each));
    const shared = renderer.change().of(match, CREATED);
    const first = shared.fitting(match.candidate, 0, 10_000);
    expect(first).toMatchObject({ tooLarge: false, size: expect.any(Number) });
    expect(shared.fitting(match.candidate, 0, 10_000)).toBe(first);
    expect(renderer.renderings).toBe(1);
  });
});
