import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { mustRun, temporaryFolder } from '../fixtures/packaging/built-copy.ts';
import type { Packaged } from '../fixtures/packaging/serverless-package.ts';

/** What a packaged function answers to one event, in a process of its own and in the folder of its zip, as on Lambda. */
export async function runPackaged(
  packaged: Packaged,
  {
    zip,
    bundle,
    event,
    env,
  }: {
    readonly zip: string;
    readonly bundle: string;
    readonly event: object;
    readonly env: Readonly<Record<string, string>>;
  },
): Promise<{ statusCode: number; headers: Record<string, string>; body: string }> {
  const folder = await temporaryFolder();
  try {
    for (const [path, data] of packaged.zips.get(zip) ?? []) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), data);
    }
    const script = `
      const { handler } = await import('./${bundle}');
      console.log(JSON.stringify(await handler(${JSON.stringify(event)})));`;
    const args = ['--input-type=module', '-e', script];
    return JSON.parse(await mustRun(process.execPath, args, { cwd: folder, env }));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
