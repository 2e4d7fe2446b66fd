import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BuildFailure, Plugin } from 'esbuild';
import { BUNDLING, RESOLVERS_FILES } from '../deploy/bundling.ts';
import { kindOf, TablecastError } from '../errors.ts';
import type { Hooks, Project, Resolver, Resolvers } from '../project.ts';
import { isObject } from '../protocol/json-object.ts';

/** Packages of which a process must hold one copy only, the one Tablecast itself runs on. */
const OWN_COPY = /^(graphql|tablecast)(\/|$)/;

/**
 * The project's resolvers and hooks, for a process that is no bundle (in one, `tablecast/project` stands for them).
 * JavaScript is imported as it is; TypeScript is first bundled, by the esbuild that the project has for its deploys.
 * @param folder of the project
 * @param file relative to it; by default the first of {@link RESOLVERS_FILES} that is there
 * @param esbuild name of that package; another for tests alone
 * @returns nothing for a project without such a file: whether the schema needs one, `compose` says
 * @throws TablecastError `CONFIG_INVALID` when the file is missing, cannot be read as a module, or exports something else
 */
export async function loadProject(
  folder: string,
  file: string | undefined,
  esbuild = 'esbuild',
): Promise<Project> {
  const name = file ?? RESOLVERS_FILES.find((each) => existsSync(join(folder, each)));
  if (name === undefined) return {};
  const path = resolve(folder, name);
  if (!existsSync(path)) throw invalid(`TABLECAST_RESOLVERS: expected a file at ${path}, found none`);
  const source: Source = { folder, path, shown: relative(folder, path) };
  const exported = /\.[cm]?ts$/.test(path)
    ? await importTypeScript(source, esbuild)
    : await importModule(path, source);
  return projectOf(exported, source.shown);
}

/** A file of the project's. */
interface Source {
  readonly folder: string;
  readonly path: string;
  /** Its path as its author knows it. */
  readonly shown: string;
}

async function importModule(path: string, { shown }: Source): Promise<unknown> {
  try {
    return await import(pathToFileURL(path).href);
  } catch (cause) {
    throw invalid(`${shown}: expected a module that can be imported, got ${messageOf(cause)}`, cause);
  }
}

/**
 * Bundles as the functions are bundled, so that what is in a file is understood in the same way, and imports the result
 * from a folder that lasts no longer than that.
 */
async function importTypeScript(source: Source, esbuild: string): Promise<unknown> {
  const code = await bundle(await loadEsbuild(source, esbuild), source);
  const place = temporaryFolder(source);
  try {
    const bundled = join(place, 'resolvers.mjs');
    writeFileSync(bundled, code);
    return await importModule(bundled, source);
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

function temporaryFolder({ shown }: Source): string {
  try {
    return mkdtempSync(join(tmpdir(), 'tablecast-worker-'));
  } catch (cause) {
    throw invalid(
      `${shown}: expected to write its bundle to ${tmpdir()}, got ${messageOf(cause)}; set TMPDIR to a folder that can be written, or bundle it to JavaScript beforehand (docs/worker.md)`,
      cause,
    );
  }
}

type Esbuild = Pick<typeof import('esbuild'), 'build'>;

async function loadEsbuild({ folder, shown }: Source, name: string): Promise<Esbuild> {
  for (const from of [pathToFileURL(join(folder, 'package.json')), import.meta.url]) {
    let found: string;
    try {
      found = createRequire(from).resolve(name);
    } catch {
      continue;
    }
    const loaded: Esbuild & { readonly default?: Esbuild } = await import(pathToFileURL(found).href);
    return loaded.default ?? loaded;
  }
  throw invalid(
    `${shown}: expected the package esbuild, which reads TypeScript, and it is not installed: npm install --save-dev esbuild, or bundle the file to JavaScript beforehand (docs/worker.md)`,
  );
}

async function bundle(esbuild: Esbuild, { folder, path }: Source): Promise<string> {
  try {
    const { outputFiles } = await esbuild.build({
      absWorkingDir: folder,
      entryPoints: [path],
      bundle: BUNDLING.bundle,
      platform: BUNDLING.platform,
      target: BUNDLING.target,
      format: BUNDLING.format,
      mainFields: [...BUNDLING.mainFields],
      logOverride: { ...BUNDLING.logOverride },
      banner: { ...BUNDLING.banner },
      logLevel: 'silent',
      write: false,
      plugins: [ownCopies],
    });
    return outputFiles[0]?.text ?? '';
  } catch (cause) {
    if (!isBuildFailure(cause)) throw cause;
    const lines = cause.errors.map(({ text, location }) =>
      location ? `${location.file}:${location.line}:${location.column + 1} ${text}` : text,
    );
    throw invalid(lines.join('\n'), cause);
  }
}

/** Leaves {@link OWN_COPY} out of a bundle, whatever copy lies beside the project's files. */
const ownCopies: Plugin = {
  name: 'tablecast-own-copies',
  setup(build) {
    build.onResolve({ filter: OWN_COPY }, ({ path, kind }) => {
      if (isBuiltin(path) || isAbsolute(path)) return undefined;
      const own = createRequire(import.meta.url).resolve(path);
      // An import takes a URL, `require` takes a path.
      return { path: kind.startsWith('require') ? own : pathToFileURL(own).href, external: true };
    });
  },
};

function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && 'errors' in error && Array.isArray(error.errors);
}

function projectOf(exported: unknown, file: string): Project {
  const { resolvers, hooks } = record(exported);
  if (resolvers !== undefined && !isResolvers(resolvers)) {
    throw invalid(
      `${file}: expected the export "resolvers" to be an object of types, each an object of functions, got ${kindOf(resolvers)}`,
    );
  }
  if (hooks !== undefined && !isHooks(hooks)) {
    throw invalid(`${file}: expected the export "hooks" to be an object of functions, got ${kindOf(hooks)}`);
  }
  return { ...(resolvers && { resolvers }), ...(hooks && { hooks }) };
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function isResolvers(value: unknown): value is Resolvers {
  return (
    isObject(value) &&
    Object.values(value).every((fields) => isObject(fields) && Object.values(fields).every(isResolver))
  );
}

function isResolver(value: unknown): value is Resolver {
  return typeof value === 'function';
}

function isHooks(value: unknown): value is Hooks {
  return isObject(value) && Object.values(value).every((hook) => hook === undefined || isResolver(hook));
}

function invalid(message: string, cause?: unknown): TablecastError {
  return new TablecastError('CONFIG_INVALID', message, cause === undefined ? {} : { cause });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
