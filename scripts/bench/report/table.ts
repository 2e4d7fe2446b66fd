import type { TargetRow } from '../case.ts';
import { metText } from './report.ts';

const TARGETS: Marks = {
  begin: '<!-- targets: written by npm run bench -- --write -->',
  end: '<!-- end of targets -->',
};
const CHARTS: Marks = {
  begin: '<!-- charts: written by npm run bench -- --write -->',
  end: '<!-- end of charts -->',
};
const HEAD = [
  '| id | figure | target | measured | beside it | met | command |',
  '|---|---|---|---|---|---|---|',
];

/**
 * The page with these targets in its table. Rows of targets that were not measured this time stay as they are.
 * @throws Error when the page has lost the marks that the table stands between
 */
export function withTargets(page: string, targets: readonly TargetRow[]): string {
  const measured = new Set<string>(targets.map(({ id }) => id));
  const kept = between(page, TARGETS)
    .split('\n')
    .flatMap((row) => {
      const id = /^\| (P\d+) \|/.exec(row)?.[1];
      return id !== undefined && !measured.has(id) ? [{ id, row }] : [];
    });
  const rows = [...kept, ...targets.map((target) => ({ id: target.id, row: rowOf(target) }))];
  const sorted = rows.toSorted((a, b) => Number(a.id.slice(1)) - Number(b.id.slice(1)));
  return replaced(page, TARGETS, [...HEAD, ...sorted.map(({ row }) => row)]);
}

/** The page with these pictures, in the order of their names, where its charts stand. */
export function withCharts(page: string, files: readonly string[]): string {
  return replaced(
    page,
    CHARTS,
    files.toSorted().map((file) => `![${file.replace(/\.svg$/, '')}](${file})`),
  );
}

/** Two lines of a page, between which nobody but this program writes. */
interface Marks {
  readonly begin: string;
  readonly end: string;
}

function between(page: string, { begin, end }: Marks): string {
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from < 0 || to < from) throw new Error(`expected the page to hold "${begin}" and then "${end}"`);
  return page.slice(from + begin.length, to);
}

function replaced(page: string, marks: Marks, lines: readonly string[]): string {
  const old = between(page, marks);
  const from = page.indexOf(marks.begin) + marks.begin.length;
  return `${page.slice(0, from)}\n\n${lines.join('\n')}\n\n${page.slice(from + old.length)}`;
}

function rowOf(target: TargetRow): string {
  const { id, figure, measured, peer, command } = target;
  const cells = [id, figure, target.target, measured, peer, metText(target), `\`${command}\``];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
}
