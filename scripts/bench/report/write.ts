import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { svgOf } from './charts.ts';
import type { BenchReport } from './report.ts';
import { withCharts, withTargets } from './table.ts';

const folder = () => fileURLToPath(new URL('../../docs/benchmarks', import.meta.url));

/** Puts the targets into the table of docs/benchmarks/README.md and each chart beside it. @returns the files written */
export function writeDocuments({ targets, cases }: BenchReport): readonly string[] {
  mkdirSync(folder(), { recursive: true });
  const page = join(folder(), 'README.md');
  const written = [page];
  for (const { case: name, charts } of cases) {
    for (const [at, chart] of charts.entries()) {
      const svg = svgOf(chart);
      if (svg === undefined) continue;
      const file = join(folder(), charts.length > 1 ? `${name}-${at + 1}.svg` : `${name}.svg`);
      writeFileSync(file, svg);
      written.push(file);
    }
  }
  const pictures = readdirSync(folder()).filter((name) => name.endsWith('.svg'));
  writeFileSync(page, withCharts(withTargets(readFileSync(page, 'utf8'), targets), pictures));
  return written;
}
