import { execFile } from 'node:child_process';
import { cp, mkdtemp, realpath, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository. */
export const ROOT = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));

/** An empty folder of one's own. */
export async function temporaryFolder(): Promise<string> {
  return realpath(await mkdtemp(join(tmpdir(), 'tablecast-')));
}

const COPIED = [
  'handlers',
  'package.json',
  'samples',
  'scripts',
  'schema.graphql',
  'serverless.cjs',
  'serverless.yml',
  'src',
];
const BESIDE = [
  'tsconfig.json',
  'tsconfig.build.json',
  'docs',
  'CHANGELOG.md',
  'LICENSE',
  'PROTOCOL.md',
  'README.md',
];

/**
 * The repository in a folder of its own, compiled from the sources as they are now: what packages there disturbs
 * nobody, and nothing depends on how old `dist` is.
 */
export async function builtCopy(): Promise<string> {
  const folder = await temporaryFolder();
  for (const name of [...COPIED, ...BESIDE]) {
    await cp(join(ROOT, name), join(folder, name), { recursive: true }).catch(
      (error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error;
      },
    );
  }
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  // Types are a check of their own.
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  await mustRun(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--noCheck'], { cwd: folder });
  return folder;
}

export interface Ran {
  readonly code: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end, 120 s at most unless it is given longer; a failure is a value. */
export function run(
  file: string,
  args: readonly string[],
  options: {
    readonly cwd: string;
    readonly env?: Readonly<Record<string, string>>;
    readonly timeoutMs?: number;
  },
): Promise<Ran> {
  const limits = { timeout: options.timeoutMs ?? 120_000, maxBuffer: 64 * 1024 * 1024 };
  return new Promise((resolve) => {
    execFile(
      file,
      args,
      { ...limits, cwd: options.cwd, env: { ...cleanEnvironment(), ...options.env } },
      (error, stdout, stderr) => {
        resolve({ code: error ? (error.code ?? 'killed') : 0, stdout, stderr });
      },
    );
  });
}

/** Runs a program that must succeed, and resolves with what it printed. */
export async function mustRun(...call: Parameters<typeof run>): Promise<string> {
  const { code, stdout, stderr } = await run(...call);
  if (code !== 0) throw new Error(`${call[0]} ${call[1].join(' ')} failed (${code}):\n${stdout}${stderr}`);
  return stdout;
}

/** The environment without a word about AWS, Tablecast, or this test runner. */
export function cleanEnvironment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] =>
        entry[1] !== undefined && !/^(AWS_|TABLECAST_|DYNAMODB_|JEST_|NODE_OPTIONS$|npm_)/.test(entry[0]),
    ),
  );
}
