import { type Command, InvalidArgumentError } from 'commander';
import { LOCAL_PROVIDERS } from '../auth/local-issuers.ts';
import { TablecastError } from '../errors.ts';
import { DEFAULT_EXPIRES_IN } from './console-tokens.ts';
import { LOCAL_ISSUER_PATH } from './local-issuer.ts';
import { askLoop, DEFAULT_LOOP_URL, loopUrl } from './loop-request.ts';

interface TokenFlags {
  readonly sub: string;
  readonly username?: string;
  readonly groups?: string;
  readonly provider: string;
  readonly expires: string;
  readonly claim?: readonly string[];
  readonly url: string;
}

const EXAMPLES = `
Examples:
  tablecast token --sub alice
  tablecast token --sub ada --groups Admin,Payroll --expires 60
  npx wscat -c ws://localhost:3001 -H "authorization:$(tablecast token --sub alice)"

Only a running "tablecast start" takes these tokens: it signs them with a key that it makes anew each time.`;

/** What the command has of the world. */
export interface TokenWorld {
  readonly out: NodeJS.WritableStream;
  readonly signal: AbortSignal;
}

/** `tablecast token`: a token of the running local loop, for whomever one wants to be. */
export function addToken(program: Command, world: TokenWorld): void {
  program
    .command('token')
    .description('prints a token that the running start takes, to try rules with')
    .requiredOption('--sub <subject>', 'who it is for')
    .option('--username <name>', 'its username')
    .option('--groups <names>', 'its groups, parted by commas')
    .option('--provider <name>', `what it comes from: ${LOCAL_PROVIDERS.join(' or ')}`, 'userPools')
    .option('--expires <seconds>', 'how long it is good', String(DEFAULT_EXPIRES_IN))
    .option('--claim <name=value>', 'another claim; may be given several times', claim)
    .option('--url <url>', 'page of the running start', loopUrl, DEFAULT_LOOP_URL)
    .addHelpText('after', EXAMPLES)
    .action(async (flags: TokenFlags) => {
      const place = new URL(`${LOCAL_ISSUER_PATH}token`, flags.url);
      for (const name of ['sub', 'username', 'groups', 'provider', 'expires'] as const) {
        const value = flags[name];
        if (value !== undefined) place.searchParams.set(name, value);
      }
      for (const text of flags.claim ?? []) {
        place.searchParams.set(
          `claim.${text.slice(0, text.indexOf('='))}`,
          text.slice(text.indexOf('=') + 1),
        );
      }
      const answer = await askLoop(place, flags.url, world.signal);
      if (!isToken(answer)) {
        throw new TablecastError('LOCAL_STACK', `expected a token of ${flags.url}, got something else`);
      }
      world.out.write(`${answer.token}\n`);
    });
}

function claim(value: string, before: readonly string[] = []): readonly string[] {
  if (value.indexOf('=') > 0) return [...before, value];
  throw new InvalidArgumentError('expected a name, "=" and a value.');
}

function isToken(answer: unknown): answer is { readonly token: string } {
  return (
    typeof answer === 'object' && answer !== null && 'token' in answer && typeof answer.token === 'string'
  );
}
