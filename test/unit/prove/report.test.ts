import { expect, test } from '@jest/globals';
import { printed, reportOf } from '../../../scripts/prove/report.ts';
import type { ProofRun } from '../../../scripts/prove/runner.ts';

const held: ProofRun = {
  id: 'T1',
  claim: 'nothing is lost and nothing is leaked on the Lambda path, whatever goes wrong',
  figure: 'lost 0, leaked 0 in 40 seeds',
  holds: true,
  measures: { lost: 0 },
  trace: ['never shown'],
  seconds: 3.21,
};
const failed: ProofRun = {
  id: 'T13',
  claim: 'no orphans',
  figure: '2 rows left',
  holds: false,
  measures: { rows: 2 },
  trace: ['CONN#c1 SUB#x', 'again: npm run prove -- --only T13 --seed 9'],
  seconds: 1,
};

test('the table has a row for each proof, with long claims on several lines, and the sum', () => {
  const text = printed([held, failed]);
  expect(text).toMatch(/^id +claim +figure +holds +seconds\n/);
  expect(text).toMatch(/\nT1 +nothing is lost .* lost 0, leaked 0 in 40 seeds +yes +3\.2\n +Lambda path/);
  expect(text).toMatch(/\nT13 +no orphans +2 rows left +NO +1\.0\n/);
  expect(text).toContain('1 of 2 hold, 4.2 s');
});

test('what does not hold shows its trace, and what holds does not', () => {
  const text = printed([held, failed]);
  expect(text).toContain(
    'T13 does not hold:\n  CONN#c1 SUB#x\n  again: npm run prove -- --only T13 --seed 9',
  );
  expect(text).not.toContain('never shown');
});

test('the report for programs holds only when every proof does', () => {
  expect(reportOf([held], 'short', 1)).toMatchObject({ holds: true, size: 'short', seed: 1, proofs: [held] });
  expect(reportOf([held, failed], 'long', 2).holds).toBe(false);
});
