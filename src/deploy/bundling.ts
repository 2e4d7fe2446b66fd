import { TablecastError } from '../errors.ts';
import { standIns } from './stand-ins.ts';

/**
 * Settings of serverless-esbuild (`custom.esbuild`): everything a function needs in one minified file, the AWS SDK
 * included, so that what was tested is what runs and not the copy that the Lambda runtime happens to hold.
 */
export interface Bundling {
  readonly bundle: true;
  readonly minify: true;
  readonly sourcemap: false;
  readonly platform: 'node';
  readonly target: 'node20';
  readonly format: 'esm';
  readonly outputFileExtension: '.mjs';
  readonly mainFields: readonly string[];
  readonly skipRebuild: true;
  readonly define: Readonly<Record<string, string>>;
  readonly logOverride: Readonly<Record<string, 'silent'>>;
  readonly exclude: readonly string[];
  readonly banner: { readonly js: string };
  readonly watch: { readonly pattern: readonly string[]; readonly ignore: readonly string[] };
}

export const BUNDLING: Bundling = {
  bundle: true,
  minify: true,
  sourcemap: false,
  platform: 'node',
  // Deployed on Node 22; the same bundle also runs offline on the oldest Node this package supports.
  target: 'node20',
  format: 'esm',
  // A module whatever package.json lies above it: none is in the zip, and offline it is the user's.
  outputFileExtension: '.mjs',
  mainFields: ['module', 'main'],
  // Without it a bundle that fails leaves esbuild running, and the command never ends.
  skipRebuild: true,
  // graphql compares classes several times a field, and checks at each for a second copy of itself unless told not to.
  define: { 'process.env.NODE_ENV': '"production"' },
  // A resolvers file need not export hooks, nor one with hooks resolvers.
  logOverride: { 'import-is-undefined': 'silent' },
  exclude: [],
  // Dependencies that are still CommonJS ask for Node's own modules by `require`.
  banner: {
    js: "import{createRequire as tablecastRequire}from'node:module';const require=tablecastRequire(import.meta.url);",
  },
  // Only package patterns (the schema file) are watched offline; the default would walk the whole project.
  watch: { pattern: [], ignore: ['.esbuild', '.build', 'node_modules'] },
};

/** A project, as its functions are bundled. */
export interface BundledProject {
  /** Folder of the graphql package that Tablecast itself uses. */
  readonly graphql: string;
  /** The project's own resolvers, or what stands there when it has none. */
  readonly project: string;
  /** True when it has. */
  readonly ownCode: boolean;
  /** Folder of our handlers, as entry points name it. */
  readonly handlers: string;
  /** Bundled to run on a developer's machine: credentials are then found wherever the AWS command line finds them. */
  readonly offline: boolean;
  /** True when batches may be handed over to a queue (`custom.tablecast.fanOut`). */
  readonly fanOut: boolean;
  /** True when `TABLECAST_TRANSPORT` may be `sdk`. */
  readonly sdkTransport: boolean;
}

/**
 * What a bundle knows of its project: constants that esbuild puts in, each the text of an expression, and what follows
 * from them it leaves out. Code that is not bundled takes each for undefined, and then nothing is left out.
 */
export interface BundleConstants {
  /** `true` when there are resolvers or hooks. Read by src/compose/delivery.ts and stand-ins.ts. */
  readonly TABLECAST_OWN_CODE: string;
  /** Read by src/compose/fan-out.ts. */
  readonly TABLECAST_FAN_OUT: string;
  /** Read by src/compose/transport.ts. */
  readonly TABLECAST_SDK_TRANSPORT: string;
  /** Folder of our handlers as entry points name it, such as `"handlers"`. Read by stand-ins.ts. */
  readonly TABLECAST_HANDLERS: string;
  /** `"environment"` on Lambda, `"chain"` where it is a developer's machine that runs the bundle. Read by stand-ins.ts. */
  readonly TABLECAST_CREDENTIALS: string;
}

/** Settings for one project; `src/deploy/stand-ins.ts` is the plugin that belongs to them. */
export interface ProjectBundling extends Bundling {
  readonly alias: Readonly<Record<string, string>>;
}

/** How a project's functions are bundled: by {@link BUNDLING}, with its own code and without what it cannot reach. */
export function projectBundling(project: BundledProject): ProjectBundling {
  const { handlers, ownCode, offline, fanOut, sdkTransport } = project;
  const constants: BundleConstants = {
    TABLECAST_OWN_CODE: String(ownCode),
    TABLECAST_FAN_OUT: String(fanOut),
    // Offline it may be set from one start to the next.
    TABLECAST_SDK_TRANSPORT: String(sdkTransport || offline),
    TABLECAST_HANDLERS: JSON.stringify(handlers),
    TABLECAST_CREDENTIALS: JSON.stringify(offline ? 'chain' : 'environment'),
  };
  return { ...BUNDLING, define: { ...BUNDLING.define, ...constants }, alias: aliases(project) };
}

/** What `build` of esbuild takes of it: the bundle that serverless-esbuild makes, made without it. One entry point a build. */
export function esbuildOptions(project: BundledProject) {
  const {
    outputFileExtension,
    mainFields,
    skipRebuild: _,
    exclude,
    watch: __,
    ...rest
  } = projectBundling(project);
  return {
    ...rest,
    mainFields: [...mainFields],
    external: [...exclude],
    outExtension: { '.js': outputFileExtension },
    plugins: [standIns],
  };
}

/**
 * What esbuild has to read in place of what is imported. All of graphql comes from one folder, whatever copy a project's
 * own resolvers would find beside them, for its classes are compared by identity; and the one deep import is turned from
 * its CommonJS build to the one that all others get. esbuild looks an alias up from where it was started, so both paths
 * have to be absolute.
 */
export function aliases({
  graphql,
  project,
}: Pick<BundledProject, 'graphql' | 'project'>): Readonly<Record<string, string>> {
  return {
    'tablecast/project': project,
    graphql,
    'graphql/validation/validate.js': `${graphql}/validation/validate.mjs`,
  };
}

/** Names a project's resolvers may have without being told, the first that is there. */
export const RESOLVERS_FILES: readonly string[] = ['resolvers.ts', 'resolvers.js', 'resolvers.mjs'];

/**
 * @param value `custom.esbuild` of serverless.yml
 * @param line what serverless.yml has to say there
 * @throws TablecastError `CONFIG_INVALID` when the handlers could not run as bundled.
 */
export function checkBundling(value: unknown, line: string): void {
  const given = typeof value === 'object' && value !== null ? new Map(Object.entries(value)) : new Map();
  if (
    given.get('format') === BUNDLING.format &&
    given.get('outputFileExtension') === BUNDLING.outputFileExtension
  )
    return;
  throw new TablecastError(
    'CONFIG_INVALID',
    `custom.esbuild: expected format esm and outputFileExtension .mjs, got ${given.size === 0 ? 'nothing' : 'others'}; ` +
      `add "esbuild: ${line}" under "custom" in serverless.yml`,
  );
}
