import { describe, expect, test } from '@jest/globals';
import type { TargetRow } from '../../../scripts/bench/case.ts';
import type { MatrixResults } from '../../../scripts/bench/cases/matrix/measure.ts';
import { CELLS } from '../../../scripts/bench/cases/matrix/plan.ts';
import { reportOf as matrixReport } from '../../../scripts/bench/cases/matrix/report.ts';
import { short, withSpread } from '../../../scripts/bench/figures.ts';
import { withTitle } from '../../../scripts/bench/report/charts.ts';
import { reportOf } from '../../../scripts/bench/report/report.ts';
import { withCharts, withTargets } from '../../../scripts/bench/report/table.ts';
import { printed } from '../../../scripts/bench/report/text.ts';
import { interleaved } from '../../../scripts/bench/rounds.ts';
import { digestsOf } from '../../../scripts/bench/servers/digest.ts';
import { createJudge } from '../../../scripts/bench/servers/refusals.ts';
import { RequestReader } from '../../../scripts/bench/servers/requests.ts';
import { median, spread } from '../../../scripts/bench/statistics.ts';
import { cellName } from '../../../scripts/bench/workload.ts';

const posted = (connection: string, todo: object, rest: object = {}, id = '1') => ({
  path: `/bench/@connections/${connection}`,
  body: JSON.stringify({ id, type: 'next', payload: { data: { onCreateTodo: todo }, ...rest } }),
});

describe('what the benchmark compares', () => {
  const todo = { id: 'x', title: 't' };
  const base = [posted('a%3D', todo), posted('a%3D', todo), posted('b', todo)];
  const digest = digestsOf(base).get('x')?.sha256;

  test('order, extensions, where the id stands and how the connection id was encoded make no difference', () => {
    const same = [
      {
        path: '/bench/@connections/b',
        body: `{"type":"data","payload":{"data":{"onCreateTodo":${JSON.stringify(todo)}}},"id":"1"}`,
      },
      posted('a=', todo, { extensions: { eventId: 'e' } }),
      posted('a%3D', todo),
    ];
    expect(digestsOf(same)).toEqual(new Map([['x', { posts: 3, sha256: digest }]]));
  });

  test('events are told apart by the item they are about', () => {
    const other = { id: 'y', title: 't' };
    expect([...digestsOf([...base, posted('a=', other)])].map(([id, { posts }]) => [id, posts])).toEqual([
      ['x', 3],
      ['y', 1],
    ]);
  });

  test.each([
    ['one that is missing', base.slice(1)],
    ['one that came twice', [...base, posted('b', todo)]],
    ['another connection', [posted('c', todo), ...base.slice(1)]],
    ['another client id', [posted('a=', todo, {}, '2'), ...base.slice(1)]],
    ['another value', [posted('a=', { ...todo, title: 'u' }), ...base.slice(1)]],
    ['a repeat instead of another', [posted('b', todo), ...base.slice(1)]],
  ])('%s does', (_, other) => {
    expect(digestsOf(other).get('x')?.sha256).not.toBe(digest);
  });
});

test('requests are read whole, however their bytes come in', () => {
  const bytes = Buffer.from(
    'POST /bench/@connections/a HTTP/1.1\r\nHost: h\r\ncontent-length: 3\r\n\r\nabc' +
      'POST /b HTTP/1.1\r\nContent-Length:0\r\nConnection: close\r\n\r\n',
  );
  const expected = [
    ['/bench/@connections/a', 'abc', false],
    ['/b', '', true],
  ];
  for (const size of [1, 2, 7, 60, bytes.length]) {
    const came: unknown[] = [];
    const reader = new RequestReader((path, body, isLast) => came.push([path, body.toString(), isLast]));
    for (let at = 0; at < bytes.length; at += size) reader.read(bytes.subarray(at, at + size));
    expect(came).toEqual(expected);
  }
});

test('every variant is measured once a round, another one first each time', async () => {
  const turns: string[] = [];
  const results = await interleaved(
    ['a', 'b', 'c'],
    { rounds: 4, progress: () => {}, signal: new AbortController().signal },
    async (variant, round) => {
      turns.push(variant);
      return variant === 'b' && round > 0 ? undefined : round;
    },
  );
  expect(turns.join('')).toBe('abcbcacababc');
  expect(Object.fromEntries(results)).toEqual({ a: [0, 1, 2, 3], b: [0], c: [0, 1, 2, 3] });
});

test('a run that is to end measures nothing more', async () => {
  const controller = new AbortController();
  const measured: string[] = [];
  const running = interleaved(
    ['a', 'b'],
    { rounds: 1, progress: () => {}, signal: controller.signal },
    async (variant) => {
      measured.push(variant);
      controller.abort();
    },
  );
  await expect(running).rejects.toThrow('aborted');
  expect(measured).toEqual(['a']);
});

describe('the table of targets', () => {
  const target = (id: TargetRow['id'], measured: string, met?: boolean): TargetRow => ({
    id,
    figure: 'a | b',
    target: '≤ 1',
    measured,
    peer: 'p',
    met,
    command: 'c',
  });
  const page =
    'before\n<!-- targets: written by npm run bench -- --write -->\n<!-- end of targets -->\nafter\n';

  test('is written between its marks, rows by number; those not measured this time stay', () => {
    const first = withTargets(page, [target('P10', 'ten'), target('P2', 'two', false)]);
    const second = withTargets(first, [
      target('P1', 'one', true),
      target('P10', 'ten again'),
      target('P10', 'and more'),
    ]);
    expect(second.split('\n')).toEqual([
      'before',
      '<!-- targets: written by npm run bench -- --write -->',
      '',
      '| id | figure | target | measured | beside it | met | command |',
      '|---|---|---|---|---|---|---|',
      '| P1 | a \\| b | ≤ 1 | one | p | yes | `c` |',
      '| P2 | a \\| b | ≤ 1 | two | p | no | `c` |',
      '| P10 | a \\| b | ≤ 1 | ten again | p | – | `c` |',
      '| P10 | a \\| b | ≤ 1 | and more | p | – | `c` |',
      '',
      '<!-- end of targets -->',
      'after',
      '',
    ]);
  });

  test('leaves all else alone when charts are put into the page, which may be done again', () => {
    const charted = `${page}<!-- charts: written by npm run bench -- --write -->\nold\n<!-- end of charts -->\nend`;
    const once = withCharts(charted, ['b.svg', 'a-1.svg']);
    expect(once.slice(page.length)).toBe(
      '<!-- charts: written by npm run bench -- --write -->\n\n![a-1](a-1.svg)\n![b](b.svg)\n\n<!-- end of charts -->\nend',
    );
    expect(withCharts(once, ['b.svg', 'a-1.svg'])).toBe(once);
  });

  test('is refused to a page that has lost its marks', () => {
    expect(() => withTargets('nothing', [])).toThrow('expected the page to hold');
  });

  test('comes first in text and JSON, in order, whatever case measured what', () => {
    const report = reportOf(
      [
        { case: 'x', targets: [target('P11', 'm')], rows: [], charts: [], method: 'how x' },
        {
          case: 'y',
          targets: [target('P3', 'm', true)],
          rows: [{ label: 'ours', figures: new Map([['ms', spread([3, 1, 2])]]) }],
          charts: [],
          method: 'how y',
        },
      ],
      { rounds: 3, seconds: 1 },
    );
    expect(JSON.parse(JSON.stringify(report))).toMatchObject({
      targets: [{ id: 'P3', met: true }, { id: 'P11' }],
      cases: [
        { case: 'x', method: 'how x' },
        { case: 'y', rows: [{ label: 'ours', figures: { ms: { median: 2, min: 1, max: 3 } } }] },
      ],
      rounds: 3,
      node: process.version,
    });
    expect(printed(report)).toMatch(
      /^P3 .*\n.*≤ 1\n[\s\S]*P11 [\s\S]*Case y\n.*ms\n.*ours +2\.00 \(1\.00–3\.00\)/,
    );
  });
});

test('the median is the middle one, or the mean of the two middle ones, in number order', () => {
  expect([median([10, 9, 100]), median([4, 1, 3, 2]), median([7])]).toEqual([10, 2.5, 7]);
  expect(spread([10, 9, 100])).toEqual({ median: 10, min: 9, max: 100 });
  expect(() => median([])).toThrow('at least one value');
});

test('figures are written with three digits that count, and their spread if there is one', () => {
  expect([0.1234, 12.34, 99.96, 1234567.8].map(short)).toEqual(['0.12', '12.3', '100.0', '1,234,568']);
  expect(withSpread(spread([5, 5]), 'µs')).toBe('5.00 µs');
  expect(withSpread(spread([10, 30, 20]), 'µs')).toBe('20.0 µs (10.0–30.0)');
});

describe('posts that the sink refuses', () => {
  const path = (id: string) => `/bench/@connections/${encodeURIComponent(id)}`;

  test('one in so many is throttled, and who is gone is told so each time, and not counted among them', () => {
    const judge = createJudge({ throttledOneIn: 3, gone: ['a='] });
    const verdicts = ['a=', 'b', 'c', 'a=', 'd', 'e', 'f', 'b'].map((id) => judge.of(path(id)));
    const [taken, throttled, gone] = ['taken', 'throttled', 'gone'];
    expect(verdicts).toEqual([gone, taken, taken, gone, throttled, taken, taken, throttled]);
    expect([judge.take(), judge.take()]).toEqual([
      { throttled: 2, gone: 2 },
      { throttled: 0, gone: 0 },
    ]);
  });

  test('are none unless they are asked for', () => {
    const judge = createJudge();
    expect(Array.from({ length: 200 }, () => judge.of(path('a=')))).toEqual(Array(200).fill('taken'));
    expect(judge.take()).toEqual({ throttled: 0, gone: 0 });
  });

  test('what went to connections left out is compared by nobody', () => {
    const [a, b] = [posted('a%3D', { id: 'x' }), posted('b', { id: 'x' })];
    expect(digestsOf([a, b], ['a='])).toEqual(digestsOf([b]));
  });
});

describe('the report of the matrix', () => {
  const perEvent = (ms: number, cpuMs: number) => [{ ms, cpuMs, requests: 2, readUnits: 6, handshakes: 0 }];
  const everywhere = (ms: number, cpuMs: number) =>
    new Map(CELLS.map((cell) => [cellName(cell), perEvent(ms, cpuMs)]));
  const resultsWith = (worst: number): MatrixResults =>
    new Map([
      ['tablecast', everywhere(10, 10)],
      ['gls', everywhere(80, 80)],
      ['gls-tuned', new Map([...everywhere(40, 40), ['10000-100-1', perEvent(40, worst)]])],
      ['alg', everywhere(250, 250)],
    ]);
  const p3 = (results: MatrixResults) =>
    matrixReport('matrix', results).targets.find(({ id }) => id === 'P3');

  test('P3 is met when time and CPU of every peer reach their bound in every cell', () => {
    expect(p3(resultsWith(40))?.met).toBe(true);
  });

  test('one figure below its bound is enough to miss it, and is named, with how many hold', () => {
    const report = p3(resultsWith(39));
    expect(report?.met).toBe(false);
    expect(report?.measured).toContain('worst S=10k M=100, CPU against gls-tuned: 3.90× of 4×');
    expect(report?.measured).toContain('4× holds in 11 of 12');
    const row = matrixReport('matrix', resultsWith(39)).rows.find(
      ({ label }) => label === 'S=10k M=100 CPU, ms',
    );
    expect(row?.figures.get('gls-tuned ÷ ours')).toBe(3.9);
    expect(row?.figures.get('holds')).toBe('not gls-tuned ≥ 4');
  });

  test('without peers it is neither met nor missed', () => {
    const report = p3(new Map([['tablecast', everywhere(10, 10)]]));
    expect(report?.met).toBeUndefined();
    expect(report?.measured).toContain('not installed');
  });
});

test('a chart carries its title, escaped, for who cannot see it', () => {
  expect(withTitle('<svg width="1"><g/></svg>', 'a < b & c')).toBe(
    '<svg width="1" role="img"><title>a &lt; b &amp; c</title><g/></svg>',
  );
});
