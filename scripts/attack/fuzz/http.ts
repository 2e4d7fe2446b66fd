import { createSeededRandom } from '../../../src/testing/random.ts';
import { ALICE, GOOD_KEY } from '../world/credentials.ts';
import { type AttackWorldOptions, createAttackWorld } from '../world/world.ts';
import { ALL_FRAMES } from './corpus.ts';
import { type CostBook, cpuOf } from './cost.ts';
import { hostileBody, hostileFrame } from './mutate.ts';
import type { FuzzReport } from './sockets.ts';
import { readObject } from './table.ts';

const CREDENTIALS: readonly Readonly<Record<string, string>>[] = [
  { 'x-api-key': GOOD_KEY },
  { authorization: `Bearer ${ALICE}` },
  { 'X-API-KEY': 'wrong' },
  {},
];
const TYPES = [
  'application/json',
  'application/json; charset=utf-8',
  'text/plain',
  'application/graphql',
  '',
];
const ACCEPTS = ['*/*', 'application/json', 'application/graphql-response+json', 'text/html', ''];
const METHODS = ['POST', 'POST', 'POST', 'POST', 'GET', 'PUT', 'OPTIONS', 'HEAD', ''];
/** Those docs/http.md names, and a browser's preflight. */
const STATUSES: ReadonlySet<number> = new Set([200, 204, 400, 401, 405, 406, 413, 415]);

/**
 * Sends hostile bodies to the HTTP handler. Right is: one of the statuses that are told, never a fault of ours, a JSON
 * object with `data` or `errors` for a body, and nothing run without a good credential.
 */
export async function fuzzHttp(
  { seed, requests, costs }: { seed: number; requests: number; costs: CostBook },
  options: AttackWorldOptions = {},
): Promise<FuzzReport> {
  const report: FuzzReport = { frames: 0, crashes: 0, wrong: 0, trace: [] };
  const world = createAttackWorld(options);
  for (let number = 0; number < requests; number += 1) {
    report.frames += 1;
    const request = requestOf(seed, number);
    const name = `request ${number}: ${request.text.slice(0, 160)}`;
    try {
      let status = 0;
      let body = '';
      const ms = await cpuOf(async () => {
        ({ status, body } = await world.http(request.http));
      });
      costs.add({ ms, name, again: () => cpuOf(() => createAttackWorld(options).http(request.http)) });
      const fault = wrongAnswer(request.isGood, request.http.method, status, body);
      if (fault === undefined) continue;
      report.wrong += 1;
      report.trace.push(`${name}: ${fault}`);
    } catch (error) {
      report.crashes += 1;
      report.trace.push(`${name}: crashed: ${String(error)}`);
    }
  }
  report.trace.splice(20);
  return report;
}

function requestOf(seed: number, number: number) {
  const random = createSeededRandom(seed * 104_729 + number);
  const text = random.chance(0.9) ? hostileBody(random) : hostileFrame(random, ALL_FRAMES);
  const credentials = random.pick(CREDENTIALS);
  const method = random.pick(METHODS);
  const query =
    method === 'GET'
      ? `query=${encodeURIComponent(Buffer.from(text.slice(0, 2_000)).toString('utf8'))}&variables=%7B`
      : '';
  const headers = { ...credentials, 'content-type': random.pick(TYPES), accept: random.pick(ACCEPTS) };
  const bytes = random.chance(0.02) ? Uint8Array.from([0xff, 0xfe, 0x00]) : Buffer.from(text, 'utf8');
  const http = { method, query, headers: Object.entries(headers), ...(method !== 'GET' && { body: bytes }) };
  return { text, http, isGood: CREDENTIALS.indexOf(credentials) < 2 };
}

function wrongAnswer(isGood: boolean, method: string, status: number, body: string): string | undefined {
  if (!STATUSES.has(status)) return `expected a status that is told, got ${status}: ${body.slice(0, 200)}`;
  if (method === 'OPTIONS') return undefined;
  const answer = readObject(body);
  if (!answer) return `expected a JSON object, got ${JSON.stringify(body.slice(0, 100))}`;
  if (!isGood && status !== 401 && status !== 413) return `expected 401 without a credential, got ${status}`;
  if (!('data' in answer) && !Array.isArray(answer['errors'])) return 'expected data or errors, got neither';
  return body.includes('INTERNAL_SERVER_ERROR') ? `a fault of ours: ${body.slice(0, 300)}` : undefined;
}
