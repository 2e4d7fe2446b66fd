import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Ran, run } from './built-copy.ts';
import { unzip } from './zip.ts';

/** One resource of a packaged template. */
export interface PackagedResource {
  readonly Type: string;
  readonly DeletionPolicy?: string;
  readonly DependsOn?: string | readonly string[];
  readonly Properties: Readonly<Record<string, unknown>>;
}

export interface Packaged {
  readonly output: string;
  /** The template, as text. */
  readonly text: string;
  readonly resources: Readonly<Record<string, PackagedResource>>;
  /** Name of the zip → path in it → content. */
  readonly zips: ReadonlyMap<string, ReadonlyMap<string, Buffer>>;
}

/** Runs a command of the framework in `folder`, with no AWS credentials anywhere near. */
export function serverless(
  folder: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  const quiet = { SLS_NOTIFICATIONS_MODE: 'off', SLS_TELEMETRY_DISABLED: '1', NO_COLOR: '1' };
  const alone = { HOME: folder, AWS_EC2_METADATA_DISABLED: 'true' };
  const script = join(folder, 'node_modules/serverless/bin/serverless.js');
  return run(process.execPath, [script, ...args], { cwd: folder, env: { ...quiet, ...alone, ...env } });
}

/** `serverless package` into `out`, and what it left there. */
export async function packageProject(
  folder: string,
  out: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Packaged> {
  const { code, stdout, stderr } = await serverless(folder, ['package', '--package', out], env);
  if (code !== 0) throw new Error(`serverless package failed (${code}):\n${stdout}${stderr}`);
  const text = await readFile(join(out, 'cloudformation-template-update-stack.json'), 'utf8');
  const template: { readonly Resources: Readonly<Record<string, PackagedResource>> } = JSON.parse(text);
  const names = (await readdir(out)).filter((name) => name.endsWith('.zip'));
  const zips = await Promise.all(
    names.map(async (name) => [name, unzip(await readFile(join(out, name)))] as const),
  );
  return { output: stdout + stderr, text, resources: template.Resources, zips: new Map(zips) };
}
