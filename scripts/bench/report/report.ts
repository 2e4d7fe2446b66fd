import type { CaseReport, CaseRow, Chart, TargetRow } from '../case.ts';

/** What `--json` prints. */
export interface BenchReport {
  readonly targets: readonly TargetRow[];
  readonly cases: readonly {
    readonly case: string;
    readonly rows: readonly { readonly label: string; readonly figures: Readonly<Record<string, Figure>> }[];
    readonly charts: readonly Chart[];
    readonly method: string;
  }[];
  readonly rounds: number;
  readonly seconds: number;
  readonly node: string;
}

type Figure = CaseRow['figures'] extends ReadonlyMap<string, infer Value> ? Value : never;

/** All cases of one run together, targets in the order of their numbers. */
export function reportOf(
  reports: readonly CaseReport[],
  run: { readonly rounds: number; readonly seconds: number },
): BenchReport {
  return {
    targets: reports.flatMap(({ targets }) => targets).toSorted((a, b) => numberOf(a) - numberOf(b)),
    cases: reports.map(({ rows, charts, method, ...rest }) => ({
      case: rest.case,
      rows: rows.map(({ label, figures }) => ({ label, figures: Object.fromEntries(figures) })),
      charts,
      method,
    })),
    ...run,
    node: process.version,
  };
}

const numberOf = ({ id }: TargetRow): number => Number(id.slice(1));

/** `yes`, `no`, or a dash of a figure without a bound. */
export const metText = ({ met }: Pick<TargetRow, 'met'>): string =>
  met === undefined ? '–' : met ? 'yes' : 'no';
