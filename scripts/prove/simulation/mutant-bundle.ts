import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Rule } from './rules.ts';

/** Of the repository: this runs from `.esbuild/prove`. */
const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/**
 * Bundles the simulations as a program, with one rule taken out of the sources (none: as they are).
 * @returns the program's file
 * @throws Error when the patch does not fit the sources of today
 */
export async function bundleMutant(name: string, rule: Rule | undefined): Promise<string> {
  const outfile = `${ROOT}.esbuild/prove/mutants/${name}.mjs`;
  let patched = 0;
  await build({
    absWorkingDir: ROOT,
    entryPoints: [`${ROOT}scripts/prove/simulation/mutant-run.ts`],
    outfile,
    alias: { 'tablecast/project': `${ROOT}src/no-project.ts` },
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'silent',
    plugins: rule
      ? [
          {
            name: 'take a rule away',
            setup({ onLoad }) {
              onLoad({ filter: /\.ts$/ }, async ({ path }) => {
                if (path !== `${ROOT}src/${rule.file}`) return undefined;
                patched += 1;
                return { loader: 'ts', contents: without(rule, await readFile(path, 'utf8')) };
              });
            },
          },
        ]
      : [],
  });
  if (rule && patched !== 1) throw new Error(`expected src/${rule.file} in the bundle once, got ${patched}`);
  return outfile;
}

/** @throws Error unless the text to patch occurs exactly once */
export function without(rule: Rule, source: string): string {
  const parts = source.split(rule.find);
  if (parts.length !== 2) {
    throw new Error(
      `src/${rule.file}: expected ${JSON.stringify(rule.find)} exactly once, got it ${parts.length - 1} times`,
    );
  }
  return parts.join(rule.replace);
}
