import { short, withSpread } from '../figures.ts';
import { type BenchReport, metText } from './report.ts';

type Case = BenchReport['cases'][number];
type Figure = Case['rows'][number]['figures'][string];

/** The report as text: the targets first, then each case's own table and how it was measured. */
export function printed({ targets, cases, seconds, rounds, node }: BenchReport): string {
  const blocks = targets.map((target) =>
    [
      `${target.id.padEnd(4)} ${target.figure}`,
      `     target    ${target.target}`,
      `     measured  ${target.measured}`,
      `     peer      ${target.peer}`,
      `     met       ${metText(target)}`,
    ].join('\n'),
  );
  return [
    ...blocks,
    ...cases.map(caseText),
    `${seconds.toFixed(0)} s, ${rounds} rounds, Node ${node}. Figures are medians (least–greatest); trust the ratios, not the absolutes.`,
  ].join('\n\n');
}

function caseText({ case: name, rows, method }: Case): string {
  const columns = [...new Set(rows.flatMap(({ figures }) => Object.keys(figures)))];
  const table = [
    ['', ...columns],
    ...rows.map(({ label, figures }) => [label, ...columns.map((column) => figureText(figures[column]))]),
  ];
  const widths = ['', ...columns].map((_, at) => Math.max(...table.map((row) => row[at]?.length ?? 0)));
  const lines = table.map((row) =>
    row
      .map((text, at) => (at === 0 ? text.padEnd(widths[at] ?? 0) : text.padStart(widths[at] ?? 0)))
      .join('  '),
  );
  return [`Case ${name}`, ...lines.map((line) => `  ${line}`), '', `  ${method}`].join('\n');
}

function figureText(figure: Figure | undefined): string {
  if (figure === undefined) return '';
  if (typeof figure === 'string') return figure;
  return typeof figure === 'number' ? short(figure) : withSpread(figure, '');
}
