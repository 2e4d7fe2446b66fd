'use strict';
/**
 * What a serverless.yml takes from Tablecast:
 *
 *     custom:
 *       esbuild: ${file(node_modules/tablecast/serverless.cjs):esbuild}
 *     functions: ${file(node_modules/tablecast/serverless.cjs):functions}
 *     resources: ${file(node_modules/tablecast/serverless.cjs):resources}
 *
 * This file only reads (the settings, the schema file, the streams of existing tables) and hands what it read to the
 * pure code in src/deploy, compiled.
 */
const { randomUUID } = require('node:crypto');
const { existsSync, readdirSync, readFileSync, rmSync } = require('node:fs');
const path = require('node:path');

const compiled = path.join(__dirname, 'dist', 'src');
/** osls reads serverless.yml in the folder it was started in, and no other. */
const serviceDir = process.cwd();
/** Locally the tokens of pages end with the process that gave them out. */
const pageSecret = randomUUID();

exports.functions = (context) => told(async () => (await project(context)).functions);
exports.resources = (context) => told(async () => (await project(context)).resources);
exports.esbuild = (context) => told(() => bundling(context));

async function project({ resolveConfigurationProperty, resolveVariable }) {
  const { deployment, relayName, tablesToLookUp } = await load('deploy/deployment.js');
  const { readSettings } = await load('deploy/settings.js');
  const { readCommandLine } = await load('deploy/command-line.js');
  const { checkBundling } = await load('deploy/bundling.js');
  const { offlineFunctions } = await load('deploy/offline.js');
  const { loadModel } = await load('schema/load.js');

  const property = (...keys) => resolveConfigurationProperty(keys);
  const command = readCommandLine(process.argv);
  checkBundling(await property('custom', 'esbuild'), `\${file(${ownPath()}):esbuild}`);
  const settings = {
    ...readSettings(await property('custom', 'tablecast')),
    service: await property('service'),
    stage: await resolveVariable('sls:stage'),
    handlers: handlersFolder(),
    individually: (await property('package', 'individually')) === true,
    only: command.option('function', 'f'),
    webSocketLogs: await property('provider', 'logs', 'websocket'),
    httpApiLogs: await property('provider', 'logs', 'httpApi'),
    isLocal: command.offline,
    httpApi: await property('provider', 'httpApi', 'id'),
    httpApiMetrics: (await property('provider', 'httpApi', 'metrics')) === true,
  };
  const model = loadModel(schemaText(settings.schema), { file: settings.schema });
  if (settings.documents !== undefined) await checkDocuments(settings, model);
  const toLookUp = tablesToLookUp(settings, model);
  const streams = command.writesTemplate
    ? await lookUp(toLookUp, command, property)
    : withoutLookUp(toLookUp);
  // On this machine "tablecast start" reads the streams for the function, whoever does so on AWS.
  const delivery = command.offline ? 'lambda' : settings.delivery;
  const { functions, resources } = deployment({ ...settings, delivery, streams }, model);
  if (command.offline || command.writesTemplate) await checkResolved(model, await resolversFile(settings));
  await checkAccess(command, settings);
  await warn(command, settings, model);
  if (!command.offline) return { functions, resources };
  const plugin = (await property('custom', 'serverless-offline')) ?? {};
  const host = command.option('host', 'o') ?? plugin.host ?? 'localhost';
  const port = command.option('websocketPort') ?? plugin.websocketPort ?? 3001;
  const relayTable = relayName(settings);
  const connectionsEndpoint = `http://${host}:${port}`;
  const local = { environment: process.env, relayTable, connectionsEndpoint, pageSecret };
  return { functions: offlineFunctions(functions, local), resources };
}

async function bundling({ resolveConfigurationProperty }) {
  const { projectBundling } = await load('deploy/bundling.js');
  const { readCommandLine } = await load('deploy/command-line.js');
  const { readSettings } = await load('deploy/settings.js');
  const tablecast = readSettings(await resolveConfigurationProperty(['custom', 'tablecast']));
  const transport = await resolveConfigurationProperty(['provider', 'environment', 'TABLECAST_TRANSPORT']);
  const own = await resolversFile(tablecast);
  const { offline } = readCommandLine(process.argv);
  const settings = projectBundling({
    graphql: path.dirname(require.resolve('graphql/package.json')),
    project: own === undefined ? noProject() : path.join(serviceDir, own),
    ownCode: own !== undefined,
    handlers: handlersFolder(),
    offline,
    fanOut: tablecast.fanOut !== undefined,
    sdkTransport: transport === 'sdk',
  });
  // A path, for a function would not survive the framework's reading of it.
  const plugins = path.relative(serviceDir, path.join(compiled, 'deploy/stand-ins.js'));
  return { ...settings, plugins, ...(offline && { outputWorkFolder: offlineFolder() }) };
}

/** The file with the project's own resolvers and hooks, relative to serverless.yml; undefined when it has none. */
async function resolversFile({ resolvers }) {
  const { RESOLVERS_FILES } = await load('deploy/bundling.js');
  const exists = (file) => existsSync(path.join(serviceDir, file));
  if (resolvers === undefined) return RESOLVERS_FILES.find(exists);
  if (exists(resolvers)) return resolvers;
  throw plain(`custom.tablecast.resolvers: expected a file at ${resolvers}, found none`);
}

/** What is deployed has to be able to tell who connects. */
async function checkAccess({ writesTemplate }, settings) {
  if (!writesTemplate) return;
  const { checkAuthentication } = await load('deploy/access-settings.js');
  checkAuthentication(settings, settings.apiKeyHashes.length + settings.jwt.length);
}

/** Without its resolvers no function would start. Whether those that are there are the right ones, each says itself. */
async function checkResolved(model, file) {
  if (file !== undefined) return;
  const { checkResolvers } = await load('schema/check-resolvers.js');
  const missing = checkResolvers(model, new Map());
  if (missing.length > 0) throw plain(missing.join('\n'));
}

/** Beside the handlers that are bundled: as source in Tablecast's own repository, compiled where it is installed. */
function noProject() {
  return serviceDir === __dirname
    ? path.join(__dirname, 'src', 'no-project.ts')
    : path.join(compiled, 'no-project.js');
}

/**
 * A folder of bundles for this process alone: serverless-esbuild's own is shared, and a `package` or a second `offline`
 * in the same project would pull the files away from under this one.
 */
function offlineFolder() {
  const parent = path.join(serviceDir, '.tablecast');
  for (const name of existsSync(parent) ? readdirSync(parent) : []) {
    const pid = /^offline-(\d+)$/.exec(name)?.[1];
    if (pid !== undefined && !isRunning(Number(pid)))
      rmSync(path.join(parent, name), { recursive: true, force: true });
  }
  const own = `.tablecast/offline-${process.pid}`;
  process.once('exit', () => rmSync(path.join(serviceDir, own), { recursive: true, force: true }));
  return own;
}

function isRunning(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function load(file) {
  const whole = path.join(compiled, file);
  if (!existsSync(whole))
    throw plain(`Expected ${path.relative(serviceDir, whole)}, found none: run "npm run build" first`);
  return import(require('node:url').pathToFileURL(whole).href);
}

/** Refuses a list of documents that would keep the functions from starting. */
async function checkDocuments({ documents, limits }, model) {
  const { readDocuments } = await load('compose/documents.js');
  const { DEFAULT_LIMITS } = await load('protocol/limits.js');
  if (!existsSync(path.join(serviceDir, documents)))
    throw plain(`custom.tablecast.documents: expected a file at ${documents}, found none`);
  readDocuments(documents, model, { ...DEFAULT_LIMITS, ...limits });
}

function schemaText(file) {
  try {
    return readFileSync(path.join(serviceDir, file), 'utf8');
  } catch (error) {
    throw plain(
      `custom.tablecast.schema: expected a schema file at ${file}, and it could not be read: ${error.message}`,
    );
  }
}

/**
 * Where the handlers lie, seen from serverless.yml: TypeScript in Tablecast's own repository, compiled where it is
 * installed. Bundles keep that path, so it must lie inside the folder that is packed.
 */
function handlersFolder() {
  return serviceDir === __dirname ? 'handlers' : `${path.posix.dirname(ownPath())}/dist/handlers`;
}

function ownPath() {
  if (serviceDir === __dirname) return './serverless.cjs';
  // By name first: node_modules/tablecast may be a link to somewhere else.
  const installed = 'node_modules/tablecast/serverless.cjs';
  if (existsSync(path.join(serviceDir, installed))) return installed;
  throw plain(
    `Expected ${installed} beside serverless.yml, found none: run "npm install tablecast" in that folder`,
  );
}

/** Name in the schema → what came of its look-up, so that `functions` and `resources` ask once. */
const found = new Map();

async function lookUp(tables, command, property) {
  if (tables.size === 0) return new Map();
  const { describeStream } = await load('adapters/dynamodb/describe-stream.js');
  const region = command.option('region', 'r') ?? (await property('provider', 'region')) ?? 'us-east-1';
  const profile = command.option('aws-profile') ?? (await property('provider', 'profile'));
  for (const [table, name] of tables) {
    if (!found.has(table))
      found.set(table, describeStream(table, name, { region, ...(profile && { profile }) }));
  }
  const arns = [...tables.keys()].map(async (table) => [table, await found.get(table)]);
  return new Map(await Promise.all(arns));
}

/** Commands that write no template (offline, print, info) need no stream, and so no credentials. */
function withoutLookUp(tables) {
  const arnOf = (name) => `arn:aws:dynamodb:::table/${name}/stream/not-looked-up`;
  return new Map([...tables].map(([table, name]) => [table, arnOf(name)]));
}

const said = new Set();

async function warn({ offline, writesTemplate }, settings, model) {
  if (!offline && !writesTemplate) return;
  await warnOfAccess({ offline, writesTemplate }, settings, model);
  if (writesTemplate && settings.alarms.enabled && settings.alarms.topic === undefined) {
    say('alarms are set but tell nobody: custom.tablecast.alarms.topic takes the ARN of an SNS topic.');
  }
  const existing = [...model.tables.keys()].filter((table) => settings.tables.get(table)?.kind !== 'managed');
  const undecided = existing.filter((table) => settings.tables.get(table)?.writes === undefined);
  if (undecided.length > 0 && writesTemplate) {
    say(
      `mutations of ${undecided.join(', ')} will be refused, for no function may write an existing table unless custom.tablecast.tables has "writes: true" for it.`,
    );
  }
  if (existing.length > 0 && writesTemplate) {
    say(`a DynamoDB stream takes two readers a shard, and this is one of them: ${existing.join(', ')}.`);
  }
}

async function warnOfAccess({ offline }, settings, model) {
  const { apiKeyHashes, jwt, authorizer, authorizeHook, allowAnyone, defaultAuthorization } = settings;
  if (offline) {
    const { TABLECAST_API_KEY_HASHES, TABLECAST_AUTH, TABLECAST_JWT } = process.env;
    const known = apiKeyHashes.length > 0 || jwt.length > 0 || authorizeHook || allowAnyone;
    if (!known && !authorizer && !TABLECAST_API_KEY_HASHES && !TABLECAST_JWT && TABLECAST_AUTH !== 'off') {
      say(
        'no API key is set (custom.tablecast.apiKeys) and no issuer of tokens (custom.tablecast.jwt), so every connection will be refused.',
      );
    }
    if (authorizer && (authorizer.kind === 'iam' || authorizer.arn !== undefined)) {
      say('the authorizer does not run offline: API keys and tokens alone decide here.');
    }
  }
  if (allowAnyone) {
    const what = model.access ? 'what its rules make public' : 'it';
    say(
      `ALLOW ANYONE: custom.tablecast.allowAnyone is set, so whoever finds this API may use ${what}, without a credential.`,
    );
  }
  const { accessWarnings, modesIn } = await load('auth/warnings.js');
  const access = { defaultModes: defaultAuthorization };
  const hasApiKeys = apiKeyHashes.length > 0;
  const ways = { hasApiKeys, jwt, gateway: authorizer?.kind, hasHook: authorizeHook };
  // Offline the environment may have more of them: each function says for itself what it has.
  const modes = offline ? undefined : modesIn(ways);
  for (const { message } of accessWarnings({ model, jwt, access, modes })) say(`${message}.`);
}

function say(text) {
  if (said.has(text)) return;
  said.add(text);
  process.stderr.write(`Tablecast: ${text}\n`);
}

/** Runs `work`; an error that is meant for the reader goes out as its message, for osls prints an error's stack. */
async function told(work) {
  try {
    return await work();
  } catch (error) {
    throw error?.name === 'TablecastError' || error?.name === 'SchemaError' ? plain(error.message) : error;
  }
}

function plain(message) {
  const error = new Error(message);
  error.stack = message;
  return error;
}
