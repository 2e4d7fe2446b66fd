import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { projectBundling } from '../../../../src/deploy/bundling.ts';
import { standIns } from '../../../../src/deploy/stand-ins.ts';
import { SDL } from '../../workload.ts';

/** The bundle of the benchmark stands in `.esbuild/bench`. */
const fromRoot = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

export const COLD_PROGRAMS = ['stream', 'transport', 'sdk'] as const;
export type ColdProgram = (typeof COLD_PROGRAMS)[number];

const ENTRIES: Readonly<Record<ColdProgram, string>> = {
  stream: 'handlers/stream.ts',
  transport: 'scripts/bench/cases/cold/transport.ts',
  sdk: 'scripts/bench/cases/cold/sdk.ts',
};

export interface ColdBundles {
  readonly urls: Readonly<Record<ColdProgram, string>>;
  /** The schema that the stream handler reads. */
  readonly schemaFile: string;
}

/** Bundles all three just as the functions are for a deploy. */
export async function buildColdBundles(): Promise<ColdBundles> {
  const outdir = fromRoot('.esbuild/bench/cold');
  for (const name of COLD_PROGRAMS) await buildOne(fromRoot(ENTRIES[name]), join(outdir, `${name}.mjs`));
  const schemaFile = join(outdir, 'schema.graphql');
  writeFileSync(schemaFile, SDL);
  const url = (name: ColdProgram) => pathToFileURL(join(outdir, `${name}.mjs`)).href;
  return { urls: { stream: url('stream'), transport: url('transport'), sdk: url('sdk') }, schemaFile };
}

async function buildOne(entry: string, outfile: string): Promise<void> {
  const settings = projectBundling({
    graphql: dirname(fileURLToPath(import.meta.resolve('graphql/package.json'))),
    project: fromRoot('src/no-project.ts'),
    ownCode: false,
    handlers: dirname(entry),
    offline: false,
    fanOut: false,
    sdkTransport: false,
  });
  const { bundle, minify, platform, target, format, mainFields, define, logOverride, banner, alias } =
    settings;
  await build({
    bundle,
    minify,
    platform,
    target,
    format,
    mainFields: [...mainFields],
    define: { ...define },
    logOverride: { ...logOverride },
    alias: { ...alias },
    banner,
    entryPoints: [entry],
    outfile,
    plugins: [standIns],
    logLevel: 'warning',
  });
}
