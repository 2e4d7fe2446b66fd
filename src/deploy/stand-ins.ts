/**
 * What stands in a bundle for parts of packages that our functions never run. Each was measured with esbuild's metafile;
 * together they are a quarter of a bundle (docs/deploy.md, "Bundles").
 */
interface StandIn {
  /** End of the path of the file replaced. Where a release of its package moves it, the bundle grows and still works. */
  readonly file: string;
  /** The text of a module with what others import of it. What is called all the same says so by throwing. */
  readonly text: string;
  /** False: a project's own code may be what needs the real one, which is kept where there is such code. */
  readonly always: boolean;
}

/** A module of classes and functions that throw. `what` reads before "is not in this bundle". */
function absent(what: string, names: readonly string[]): string {
  const thrown = `throw new Error(${JSON.stringify(`${what} is not in this bundle: src/deploy/stand-ins`)})`;
  return names.map((name) => `export function ${name}(){${thrown}}`).join('\n');
}

/** The same of a CommonJS module that exports one function or class. */
function absentCommonJs(what: string): string {
  return `${absent(what, ['missing']).replace('export ', '')}\nmodule.exports=missing;`;
}

/**
 * Lambda hands a function its credentials by the environment, and never changes them in a running one; the chain of
 * other places (files, SSO, web identity, the metadata of machines) is 120 KB.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
 */
const CREDENTIALS: StandIn = {
  file: '@aws-sdk/credential-provider-node/dist-es/index.js',
  text: [
    `export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';`,
    // Whatever else the file exports, as it is there.
    'export const credentialsWillNeedRefresh = (it) => it?.expiration !== undefined;',
    'export const credentialsTreatedAsExpired = (it) =>',
    '  it?.expiration !== undefined && it.expiration.getTime() - Date.now() < 300000;',
  ].join('\n'),
  always: true,
};

const STAND_INS: readonly StandIn[] = [
  // No operation of DynamoDB or of @connections streams events. They are imported when first needed, which esbuild cannot trim.
  {
    file: '@smithy/core/dist-es/submodules/event-streams/index.js',
    text: absent('The codec of event streams', ['EventStreamSerde', 'eventStreamSerdeProvider']),
    always: false,
  },
  // For Node without node:crypto.
  {
    file: '@smithy/core/dist-es/submodules/checksum/sha256/Sha256Js.js',
    text: absent('SHA-256 in JavaScript', ['Sha256Js']),
    always: true,
  },
  // Made with every client of DynamoDB, and asked by none of its commands: no endpoint of it is discovered.
  {
    file: '@aws-sdk/endpoint-cache/dist-es/index.js',
    text: 'export class EndpointCache {}',
    always: false,
  },
  // Of pino, what writes elsewhere than to standard output, and what redacts.
  { file: 'pino/lib/transport.js', text: absentCommonJs('pino.transport'), always: false },
  { file: 'pino/lib/multistream.js', text: absentCommonJs('pino.multistream'), always: false },
  { file: '@pinojs/redact/index.js', text: absentCommonJs('redaction by pino'), always: false },
];

/** As much of esbuild's plugins as is used here. @see https://esbuild.github.io/plugins */
export interface BundlePlugin {
  readonly name: string;
  setup(build: {
    readonly initialOptions: { readonly entryPoints?: unknown; readonly define?: Record<string, string> };
    onLoad(
      options: { readonly filter: RegExp },
      load: (found: { readonly path: string }) => {
        readonly contents: string;
        readonly loader: 'js';
        readonly resolveDir: string;
      },
    ): void;
  }): void;
}

/** Functions that hold a project's own code, if it has any: the others never load it. */
const WITH_OWN_CODE = /\/(stream|subscribe|graphql|deliver)\.[cm]?[jt]s$/;

/** Puts the stand-ins into the bundles of our own handlers, as the constants of the build say. */
export const standIns: BundlePlugin = {
  name: 'tablecast-stand-ins',
  setup({ initialOptions: { entryPoints, define = {} }, onLoad }) {
    const [first] = Array.isArray(entryPoints) ? entryPoints : [];
    const entry = typeof first === 'string' ? first.replaceAll('\\', '/') : '';
    const handlers: unknown = JSON.parse(define['TABLECAST_HANDLERS'] ?? 'null');
    if (typeof handlers !== 'string' || !entry.startsWith(`${handlers}/`)) return;
    const isOnLambda = define['TABLECAST_CREDENTIALS'] === '"environment"';
    const keepsTheirs = define['TABLECAST_OWN_CODE'] !== 'false' && WITH_OWN_CODE.test(entry);
    for (const { file, text, always } of isOnLambda ? [CREDENTIALS, ...STAND_INS] : STAND_INS) {
      if (keepsTheirs && !always) continue;
      onLoad({ filter: endingIn(file) }, ({ path }) => ({
        contents: text,
        loader: 'js',
        resolveDir: path.replace(/[\\/][^\\/]*$/, ''),
      }));
    }
  },
};

/** For serverless-esbuild, which takes its plugins as the default export of a file. */
export default [standIns];

/** Whatever parts the folders of a path on this machine. */
function endingIn(file: string): RegExp {
  const parts = file.split('/').map((part) => part.replace(/[.]/g, '\\.'));
  return new RegExp(`[\\\\/]node_modules[\\\\/]${parts.join('[\\\\/]')}$`);
}
