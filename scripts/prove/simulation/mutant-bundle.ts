import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Patch, Rule } from './rules.ts';

/** Of the repository: this runs from `.esbuild/prove`. */
const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/**
 * Bundles the simulations as a program, with one rule taken out of the sources (none: as they are).
 * @returns the program's file
 * @throws Error when the patch does not fit the sources of today
 */
export async function bundleMutant(name: string, rule: Rule | undefined): Promise<string> {
  const outfile = `${ROOT}.esbuild/prove/mutants/${name}.mjs`;
  const patches = rule ? [rule, ...(rule.also ? [rule.also] : [])] : [];
  const patched = new Set<Patch>();
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
    plugins: [
      {
        name: 'take a rule away',
        setup({ onLoad }) {
          onLoad({ filter: /\.ts$/ }, async ({ path }) => {
            const patch = patches.find(({ file }) => path === `${ROOT}src/${file}`);
            if (!patch) return undefined;
            patched.add(patch);
            return { loader: 'ts', contents: without(patch, await readFile(path, 'utf8')) };
          });
        },
      },
    ],
  });
  const absent = patches.find((patch) => !patched.has(patch));
  if (absent) throw new Error(`expected src/${absent.file} in the bundle, got no such file`);
  return outfile;
}

/** @throws Error unless the text to patch occurs exactly once */
export function without({ file, find, replace }: Patch, source: string): string {
  const parts = source.split(find);
  if (parts.length !== 2) {
    throw new Error(
      `src/${file}: expected ${JSON.stringify(find)} exactly once, got it ${parts.length - 1} times`,
    );
  }
  return parts.join(replace);
}
