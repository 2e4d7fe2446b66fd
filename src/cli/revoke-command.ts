import { type Command, InvalidArgumentError } from 'commander';
import { iamSubject } from '../auth/gateway.ts';
import { apiKeyIdentityHash, identityHash } from '../auth/identity-hash.ts';
import { readModel } from '../compose.ts';
import { type Config, readConfig } from '../config.ts';
import type { RevokedFilter } from '../relay/revoke.ts';
import { type RevokeTarget, revoke } from './revoke.ts';
import { type FilterText, readFilterText } from './revoke-filter.ts';

/** What the command has of the world. */
export interface RevokeWorld {
  readonly out: NodeJS.WritableStream;
  readonly err: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly signal: AbortSignal;
}

interface RevokeFlags {
  readonly subject?: string;
  readonly issuer?: string;
  readonly iam?: string;
  readonly principal?: string;
  readonly apiKeyHash?: string;
  readonly identity?: string;
  readonly connection?: string;
  readonly filter?: FilterText;
  readonly everywhere?: boolean;
  readonly keepConnections?: boolean;
  readonly for?: number;
  readonly dryRun?: boolean;
  readonly table?: string;
  readonly endpoint?: string;
  readonly connectionsEndpoint?: string;
  readonly apiId?: string;
  readonly region?: string;
  readonly schema?: string;
  readonly json?: boolean;
}

/** How long an identity is refused where nothing else is asked. */
const DEFAULT_FOR_SECONDS = 86_400;

const EXAMPLES = `
One of --subject with --issuer, --iam, --principal, --api-key-hash, --identity, --connection and --filter says what.
It can be run again at any time, and then goes on with what is left. docs/revocation.md has the IAM policy it needs,
and what a revocation does not do.

Examples:
  tablecast revoke --table todos-prod-tablecast-relay --api-id a1b2c3d4e5 \\
      --issuer https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Example --subject 7d8ca528-4931-4254-9273-ea5ee853f271
  tablecast revoke --filter '{"field":"onCreateMessage","where":{"recipientId":"2"}}' --dry-run
  tablecast revoke --connection L0SM9cOFvHcCIhw= --json

Exit codes: 0 done, 1 failed or broken off (run it again), 2 called in a wrong way.`;

/** `tablecast revoke`: ends what somebody is subscribed to, and refuses them. */
export function addRevoke(program: Command, world: RevokeWorld): void {
  const command = program
    .command('revoke')
    .description(
      'ends live subscriptions: of an identity, which is refused from then on, or by what they filter for',
    )
    .option('--subject <sub>', 'whose tokens: their "sub", with --issuer')
    .option('--issuer <url>', 'issuer of the tokens, as it is configured')
    .option('--iam <arn>', 'whose IAM credentials: the ARN of the user or role, or of a session of it')
    .option('--principal <id>', 'principalId that the Lambda authoriser gave')
    .option('--api-key-hash <hex>', 'SHA-256 of an API key, as it is configured')
    .option('--identity <hash>', 'identity hash, as a row of the relay table has it', identityText)
    .option('--connection <id>', 'everything on one connection, which is closed')
    .option(
      '--filter <json>',
      'subscriptions of a "field", "type" or "table" that compare "where" these equal',
      filter,
    )
    .option('--everywhere', 'look at all connections, not only at those the identity is known to have')
    .option('--keep-connections', 'end its subscriptions, and leave its connections open')
    // Not as a default of the option: the help would print it in seconds.
    .option(
      '--for <time>',
      'how long the identity is refused, such as 90m, 24h or 7d (default: 24h)',
      duration,
    )
    .option('--dry-run', 'only count what would end')
    .option('--table <name>', 'relay table (default: TABLECAST_RELAY_TABLE, or tablecast-relay)')
    .option('--endpoint <url>', 'DynamoDB (default: DYNAMODB_ENDPOINT, and without it AWS itself)', httpUrl)
    .option('--connections-endpoint <url>', 'where to post to connections, such as a local gateway', httpUrl)
    .option(
      '--api-id <id>',
      'id of the WebSocket API; each connection knows its stage (default: TABLECAST_API_ID)',
    )
    .option('--region <region>', 'AWS region (default: AWS_REGION, or us-east-1)')
    .option(
      '--schema <file>',
      'schema file, for "type" in --filter (default: TABLECAST_SCHEMA, or schema.graphql)',
    )
    .option('--json', 'print one line of JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (flags: RevokeFlags) => {
      const config = readConfig();
      const region = flags.region ?? config.region;
      await revoke({
        target: targetOf(command, flags, config),
        table: flags.table ?? config.relayTable,
        endpoint: flags.endpoint ?? config.dynamodbEndpoint,
        region,
        connectionsEndpoint: connectionsOf(flags, region, config),
        forSeconds: flags.for ?? DEFAULT_FOR_SECONDS,
        closeConnections: flags.keepConnections !== true,
        dryRun: flags.dryRun ?? false,
        json: flags.json ?? false,
        out: world.out,
        ...(world.err.isTTY === true && { progress: world.err }),
        signal: world.signal,
      });
    });
}

function targetOf(command: Command, flags: RevokeFlags, config: Config): RevokeTarget {
  const { subject, issuer, iam, principal, apiKeyHash, identity, connection, filter: wanted } = flags;
  const isEverywhere = flags.everywhere ?? false;
  const byIdentity = (hash: string, everywhere = isEverywhere): RevokeTarget => ({
    kind: 'identity',
    identityHash: hash,
    everywhere,
  });
  if ((subject === undefined) !== (issuer === undefined)) {
    command.error('error: expected --subject and --issuer together, got one of them');
  }
  const targets: RevokeTarget[] = [];
  if (subject !== undefined && issuer !== undefined)
    targets.push(byIdentity(identityHash('jwt', issuer, subject)));
  if (iam !== undefined) targets.push(byIdentity(identityHash('iam', 'iam', iamSubject(arn(command, iam)))));
  if (principal !== undefined) targets.push(byIdentity(identityHash('lambda', 'lambda', principal)));
  // Those of an API key are not counted, and may stand on connections of others, where only a look at each finds them.
  if (apiKeyHash !== undefined)
    targets.push(byIdentity(apiKeyIdentityHash(hexDigest(command, apiKeyHash)), true));
  if (identity !== undefined) targets.push(byIdentity(identity));
  if (connection !== undefined) targets.push({ kind: 'connection', connectionId: connection });
  if (wanted) targets.push({ kind: 'filter', filter: filterOf(command, wanted, flags, config) });
  const [target, another] = targets;
  if (!target || another) {
    return command.error(
      `error: expected one of --subject with --issuer, --iam, --principal, --api-key-hash, --identity, --connection and --filter, got ${target ? 'several' : 'none'}`,
    );
  }
  return target;
}

function filterOf(
  command: Command,
  { of, name, equalities }: FilterText,
  { schema }: RevokeFlags,
  config: Config,
): RevokedFilter {
  if (of === 'field') return { field: name, equalities };
  if (of === 'table') return { table: name, equalities };
  const type = readModel(schema ?? config.schemaFile).types.get(name);
  if (!type)
    return command.error(`error: --filter: expected a type of the schema, got ${JSON.stringify(name)}`);
  return { table: type.table, equalities };
}

function connectionsOf(
  { connectionsEndpoint, apiId }: RevokeFlags,
  region: string,
  config: Config,
): (stage: string) => string {
  if (connectionsEndpoint !== undefined) return () => connectionsEndpoint;
  if (apiId === undefined) return config.connectionsEndpoint;
  const suffix = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  return (stage) => `https://${apiId}.execute-api.${region}.${suffix}/${stage}`;
}

const UNIT_SECONDS: ReadonlyMap<string, number> = new Map([
  ['s', 1],
  ['m', 60],
  ['h', 3_600],
  ['d', 86_400],
]);
const LONGEST_SECONDS = 365 * 86_400;

function duration(value: string): number {
  const [, count = '', unit = ''] = /^(\d{1,8})([smhd])$/.exec(value) ?? [];
  const seconds = Number(count) * (UNIT_SECONDS.get(unit) ?? 0);
  if (seconds > 0 && seconds <= LONGEST_SECONDS) return seconds;
  throw new InvalidArgumentError(`expected a time from 1s to 365d, such as 90m, 24h or 7d, got "${value}".`);
}

/** Not by a parser of the option: commander repeats what that refuses, and it may be the key itself (C8). */
function hexDigest(command: Command, value: string): Uint8Array {
  if (/^[0-9a-f]{64}$/i.test(value)) return Buffer.from(value, 'hex');
  return command.error(`error: --api-key-hash: expected 64 hex digits, got ${value.length} characters`);
}

function arn(command: Command, value: string): string {
  if (/^arn:[\w-]+:(iam|sts):/.test(value)) return value;
  const example = 'arn:aws:iam::123456789012:role/Readers';
  return command.error(`error: --iam: expected an ARN such as ${example}, got ${JSON.stringify(value)}`);
}

function identityText(value: string): string {
  if (/^[\w-]{22}$/.test(value)) return value;
  throw new InvalidArgumentError('expected an identity hash: 22 letters, digits, "_" and "-".');
}

function httpUrl(value: string): string {
  const protocol = URL.canParse(value) ? new URL(value).protocol : '';
  if (protocol === 'http:' || protocol === 'https:') return value;
  throw new InvalidArgumentError(`expected an http or https URL, got "${value}".`);
}

function filter(value: string): FilterText {
  const read = readFilterText(value);
  if (typeof read === 'string') throw new InvalidArgumentError(read);
  return read;
}
