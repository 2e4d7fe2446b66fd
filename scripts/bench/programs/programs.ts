import { createAlg } from './alg.ts';
import { createGls, createTunedGls } from './gls.ts';
import type { CreateProgram, ProgramName } from './program.ts';
import { createSdkLoop } from './sdk-loop.ts';
import { createTablecast, createTablecastOnHttps, createTablecastOnSdk } from './tablecast.ts';

export const PROGRAMS: ReadonlyMap<ProgramName, CreateProgram> = new Map([
  ['tablecast', createTablecast],
  ['tablecast-https', createTablecastOnHttps],
  ['tablecast-sdk', createTablecastOnSdk],
  ['gls', createGls],
  ['gls-tuned', createTunedGls],
  ['alg', createAlg],
  ['sdk-loop', createSdkLoop],
]);
