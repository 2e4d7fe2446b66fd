import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { build } from 'esbuild';
import { type BundledProject, esbuildOptions } from '../../../src/deploy/bundling.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

const PROJECT: BundledProject = {
  graphql: dirname(createRequire(import.meta.url).resolve('graphql/package.json')),
  project: join(ROOT, 'src/no-project.ts'),
  ownCode: false,
  handlers: 'handlers',
  offline: false,
  fanOut: false,
  sdkTransport: false,
};

/** The files a bundle took anything from, and the text of it. */
interface Bundled {
  readonly files: readonly string[];
  readonly text: string;
  readonly bytes: number;
}

const bundles = new Map<string, Promise<Bundled>>();

/** Each is made once. */
function bundle(entry: string, change: Partial<BundledProject> = {}): Promise<Bundled> {
  const key = JSON.stringify([entry, change]);
  const made = bundles.get(key) ?? make(entry, change);
  bundles.set(key, made);
  return made;
}

async function make(entry: string, change: Partial<BundledProject>): Promise<Bundled> {
  const { metafile, outputFiles } = await build({
    ...esbuildOptions({ ...PROJECT, ...change }),
    absWorkingDir: ROOT,
    entryPoints: [entry],
    outdir: 'out',
    write: false,
    metafile: true,
    logLevel: 'error',
  });
  const [output] = Object.values(metafile.outputs);
  const taken = Object.entries(output?.inputs ?? {}).filter(([, { bytesInOutput }]) => bytesInOutput > 0);
  return {
    files: taken.map(([file]) => file),
    text: outputFiles[0]?.text ?? '',
    bytes: output?.bytes ?? 0,
  };
}

const of = ({ files }: Bundled, part: string) => files.filter((file) => file.includes(part));
const handler = (name: string) => `handlers/${name}.ts`;

let place: string;

beforeAll(async () => {
  place = await realpath(await mkdtemp(join(tmpdir(), 'tablecast-bundling-')));
});

afterAll(() => rm(place, { recursive: true, force: true }));

describe('a function of ours', () => {
  test.each(['connect', 'disconnect', 'gap', 'keepalive'])(
    '%s reads no schema, so that neither graphql nor schema code is in it',
    async (name) => {
      const bundled = await bundle(handler(name));
      expect(of(bundled, 'node_modules/graphql/')).toEqual([]);
      // That one holds the names of the ways in, and no more.
      expect(of(bundled, 'src/schema/')).toEqual(['src/schema/access.ts']);
      expect(of(bundled, 'src/api/')).toEqual([]);
      expect(of(bundled, 'src/adapters/dynamodb/')).not.toEqual([]);
    },
  );

  test('those who let nobody in carry no verifier of tokens, and those who post nothing no transport', async () => {
    expect(of(await bundle(handler('stream')), 'aws-jwt-verify')).toEqual([]);
    const disconnect = await bundle(handler('disconnect'));
    expect(of(disconnect, 'aws-jwt-verify')).toEqual([]);
    expect(of(disconnect, 'src/adapters/apigateway/')).toEqual([]);
    expect(of(await bundle(handler('connect')), 'aws-jwt-verify')).not.toEqual([]);
  });

  test('has its credentials from the environment alone on Lambda, and by the whole chain offline', async () => {
    const deployed = await bundle(handler('disconnect'));
    expect(deployed.text).toContain('AWS_SESSION_TOKEN');
    expect(of(deployed, '@aws-sdk/nested-clients')).toEqual([]);
    const offline = await bundle(handler('disconnect'), { offline: true });
    expect(of(offline, '@aws-sdk/credential-provider-sso')).not.toEqual([]);
    expect(deployed.bytes).toBeLessThan(offline.bytes - 100_000);
  });

  test.each([
    ['@smithy/core/dist-es/submodules/event-streams/', 1],
    ['node_modules/thread-stream/', 0],
    ['node_modules/mnemonist/', 0],
  ])('has of %s no more than %i file', async (part, most) => {
    expect(of(await bundle(handler('stream')), part).length).toBeLessThanOrEqual(most);
  });
});

describe('what a project uses decides', () => {
  test('with code of its own, stream has the API for its resolvers, and what that code may use of the SDK', async () => {
    const without = await bundle(handler('stream'));
    const own = await bundle(handler('stream'), { ownCode: true });
    expect(of(without, 'src/api/api.ts')).toEqual([]);
    expect(of(own, 'src/api/api.ts')).toHaveLength(1);
    expect(of(own, 'event-streams/EventStreamSerde')).toHaveLength(1);
    // It is in none of the functions that never load it.
    expect(of(await bundle(handler('keepalive'), { ownCode: true }), 'EventStreamSerde')).toEqual([]);
  });

  test('SQS is in it with a fan-out alone, and the SDK’s client of @connections when it is asked for', async () => {
    const plain = await bundle(handler('stream'));
    expect(of(plain, '@aws-sdk/client-sqs')).toEqual([]);
    expect(of(plain, '@aws-sdk/client-apigatewaymanagementapi')).toEqual([]);
    expect(of(await bundle(handler('stream'), { fanOut: true }), '@aws-sdk/client-sqs')).not.toEqual([]);
    const sdk = await bundle(handler('stream'), { sdkTransport: true });
    expect(of(sdk, '@aws-sdk/client-apigatewaymanagementapi')).not.toEqual([]);
  });
});

test('a function of the project’s own is bundled with the real packages', async () => {
  const entry = join(place, 'rest/mine.ts');
  await mkdir(dirname(entry));
  await writeFile(
    entry,
    `import { defaultProvider } from '${join(ROOT, 'node_modules/@aws-sdk/credential-provider-node/dist-es/index.js')}';
     export const handler = () => defaultProvider();`,
  );
  expect(of(await bundle(entry), '@aws-sdk/credential-provider-sso')).not.toEqual([]);
});

test.each([
  '@aws-sdk/credential-provider-node/dist-es/index.js',
  '@aws-sdk/endpoint-cache/dist-es/index.js',
  '@pinojs/redact/index.js',
  '@smithy/core/dist-es/submodules/checksum/sha256/Sha256Js.js',
  '@smithy/core/dist-es/submodules/event-streams/index.js',
  'pino/lib/multistream.js',
  'pino/lib/transport.js',
])('%s is where its stand-in looks for it, in the releases installed', (file) => {
  expect(existsSync(join(ROOT, 'node_modules', file))).toBe(true);
});
