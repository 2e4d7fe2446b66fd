import { type AccessRule, AUTH_MODES, type AuthMode } from '../schema/access.ts';
import type { Model } from '../schema/model.ts';
import type { AccessSettings } from './access.ts';
import type { GatewayAuth } from './gateway.ts';
import type { TokenIssuer } from './issuers.ts';
import { isLocalIssuer } from './local-issuers.ts';

export interface AccessFacts {
  readonly model: Pick<Model, 'access' | 'tables' | 'subscriptions'>;
  readonly jwt: readonly TokenIssuer[];
  readonly access: AccessSettings;
  /** The ways there are to prove who one is. Absent or empty where that is decided elsewhere, as for a worker. */
  readonly modes?: ReadonlySet<AuthMode>;
}

/** What the modes there are follow from. */
export interface WaysIn {
  readonly hasApiKeys: boolean;
  readonly jwt: readonly TokenIssuer[];
  readonly gateway?: GatewayAuth | undefined;
  /** True where `hooks.authorize` tells who it is. */
  readonly hasHook: boolean;
}

/** The ways there are to prove who one is. */
export function modesIn({ hasApiKeys, jwt, gateway, hasHook }: WaysIn): ReadonlySet<AuthMode> {
  const isThere: Readonly<Record<AuthMode, boolean>> = {
    apiKey: hasApiKeys,
    userPools: jwt.some(isPool),
    oidc: jwt.some((issuer) => !isPool(issuer)),
    iam: gateway === 'iam',
    lambda: gateway === 'lambda' || hasHook,
  };
  return new Set(AUTH_MODES.filter((mode) => isThere[mode]));
}

/** What of a serverless.yml brings people of each mode. */
const SETTINGS: Readonly<Record<AuthMode, string>> = {
  apiKey: 'apiKeys',
  userPools: 'jwt, with a user pool',
  oidc: 'jwt, with an issuer that is no user pool',
  iam: 'authorizer: aws_iam',
  lambda: 'authorizer, or authorizeHook: true',
};

/** One thing to say out loud when a process starts and when a project is deployed. */
export interface AccessWarning {
  readonly event: 'access.no_rules' | 'access.no_default' | 'access.no_mode' | 'access.issuers';
  readonly message: string;
}

/** What of a schema and its configuration may let in more, or fewer, than its author believes. */
export function accessWarnings({ model, jwt, access, modes }: AccessFacts): readonly AccessWarning[] {
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
  const lacking = modesLacking(rulesOf(model), access, modes);
  if (lacking.length > 0) {
    const settings = lacking.map((mode) => `${mode} (${SETTINGS[mode]})`).join(' and ');
    warnings.push({
      event: 'access.no_mode',
      message: `rules of the schema are for people of ${settings}, and custom.tablecast has no way in for them: those rules let nobody in`,
    });
  }
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

const isPool = (issuer: TokenIssuer) => 'userPoolId' in issuer || issuer.provider === 'userPools';

/** The modes of rules of which there is none that anybody can come by. */
function modesLacking(
  rules: readonly AccessRule[],
  { defaultModes }: AccessSettings,
  modes: ReadonlySet<AuthMode> = new Set(),
): readonly AuthMode[] {
  if (modes.size === 0) return [];
  const lacking = rules
    .map((rule) => (rule.modes === 'default' ? defaultModes : rule.modes))
    .filter((of) => !of.some((mode) => modes.has(mode)));
  return AUTH_MODES.filter((mode) => lacking.some((of) => of.includes(mode)));
}

function readsClaims(model: AccessFacts['model']): boolean {
  return rulesOf(model).some(({ kind }) => kind !== 'anyone');
}

function rulesOf({ access, tables, subscriptions }: AccessFacts['model']): readonly AccessRule[] {
  // What is published is of no table.
  const types = [...[...tables.values()].flat(), ...[...subscriptions.values()].map(({ type }) => type)];
  return [
    ...[...(access?.fields.values() ?? [])].flat(),
    ...types.flatMap((type) =>
      type.access ? [type.access.rules, ...type.access.fields.values()].flat() : [],
    ),
  ];
}
