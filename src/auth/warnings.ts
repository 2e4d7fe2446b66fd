import type { AccessRule } from '../schema/access.ts';
import type { Model } from '../schema/model.ts';
import type { AccessSettings } from './access.ts';
import type { TokenIssuer } from './issuers.ts';
import { isLocalIssuer } from './local-issuers.ts';

export interface AccessFacts {
  readonly model: Pick<Model, 'access' | 'tables' | 'subscriptions'>;
  readonly jwt: readonly TokenIssuer[];
  readonly access: AccessSettings;
}

/** One thing to say out loud when a process starts and when a project is deployed. */
export interface AccessWarning {
  readonly event: 'access.no_rules' | 'access.no_default' | 'access.issuers';
  readonly message: string;
}

/** What of a schema and its configuration may let in more, or fewer, than its author believes. */
export function accessWarnings({ model, jwt, access }: AccessFacts): readonly AccessWarning[] {
  if (!model.access) {
    return [
      {
        event: 'access.no_rules',
        message: 'no rules: whoever is let in may read and write every item (docs/authorization.md)',
      },
    ];
  }
  const warnings: AccessWarning[] = [];
  if (model.access.usesDefault && access.defaultModes.length === 0) {
    warnings.push({
      event: 'access.no_default',
      message:
        'rules of the schema are for the default authorisation mode, and TABLECAST_DEFAULT_AUTH names none: they let nobody in',
    });
  }
  const isPool = (issuer: TokenIssuer) => 'userPoolId' in issuer || issuer.provider === 'userPools';
  const deployed = jwt.filter((issuer) => !isLocalIssuer(issuer));
  const pools = deployed.filter(isPool).length;
  const most = Math.max(pools, deployed.length - pools);
  if (most > 1 && readsClaims(model)) {
    const kind = pools > 1 ? 'user pools' : 'OpenID Connect issuers';
    warnings.push({
      event: 'access.issuers',
      message: `${most} ${kind} are trusted alike, and rules of the schema read claims: whom one of them names passes for whom another does`,
    });
  }
  return warnings;
}

function readsClaims({ access, tables, subscriptions }: AccessFacts['model']): boolean {
  const reads = (rules: readonly AccessRule[]) => rules.some(({ kind }) => kind !== 'anyone');
  if ([...(access?.fields.values() ?? [])].some(reads)) return true;
  // What is published is of no table.
  return [...[...tables.values()].flat(), ...[...subscriptions.values()].map(({ type }) => type)].some(
    (type) => type.access && [type.access.rules, ...type.access.fields.values()].some(reads),
  );
}
