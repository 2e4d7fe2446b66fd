import type { Logger } from 'pino';
import type { Api } from '../api/ports.ts';
import type { AccessSettings } from '../auth/access.ts';
import type { GatewaySettings } from '../auth/gateway.ts';
import type { Authenticator } from '../auth/identity.ts';
import type { OriginRules } from '../auth/origins.ts';
import type { KeySchemes } from '../filter/keys.ts';
import type { Hooks } from '../project.ts';
import { DEFAULT_LIMITS, type Limits } from '../protocol/limits.ts';
import type { Model } from '../schema/model.ts';
import type { FanOut } from './fan-out/ports.ts';
import type { FrameRate } from './frame-rate.ts';
import type { Clock, Metrics, Registry, Transport } from './ports.ts';

/** For what lags behind: rows live so much longer than `Limits.connectionSeconds`. */
export const CONNECTION_LAG_SECONDS = 600;

/** Longest life of a connection: API Gateway's hard two hours, and what lags behind. */
export const CONNECTION_LIFE_SECONDS = 2 * 3600 + CONNECTION_LAG_SECONDS;

/** What an operator may set; `DEFAULT_SETTINGS` has every default. */
export interface RelaySettings {
  /** How long a frame waits for its connection's `connection_init` (frames of one client run concurrently). */
  readonly initWaitMs: number;
  /**
   * How long a frame may take to answer, all waiting included: less than its function may run. What API Gateway says in
   * its place when that is killed has no `type`, which ends some clients for good and makes others throw.
   */
  readonly answerMs: number;
  /** How long an operation of a connection with `strictOrdering` waits for the one before it. */
  readonly lockWaitMs: number;
  /** Seconds between two signs of life: a multiple of 60, at most 540 (API Gateway closes an idle socket after 600). */
  readonly keepAliveSeconds: number;
  /** Stored table name → name in the schema, where they differ. */
  readonly tableNames: ReadonlyMap<string, string>;
  /** How coarse ApproximateCreationDateTime is: 1 s on AWS, 60 s on DynamoDB Local, which rounds to the minute. */
  readonly streamGranularityMs: number;
  /** Allowed difference between DynamoDB's clock and ours. */
  readonly clockSkewMs: number;
  /** What a LEAVE carries: the old image as it could be read, or its key alone. */
  readonly leave: 'image' | 'keys';
  /** Largest frame sent, in bytes of UTF-8; API Gateway takes no more than 128 KB. */
  readonly maxFrameBytes: number;
  /** Filter-key rows one subscription may have; beyond, it is found by what its alternatives share. */
  readonly maxKeysPerSubscription: number;
  /** Posts under way at once. */
  readonly maxConcurrentPosts: number;
  /** Attempts at one frame while the gateway throttles (429), with full jitter between them. */
  readonly throttledAttempts: number;
  /** Attempts at one frame after 5xx and time-outs; each may arrive all the same, with the same eventId. */
  readonly failedAttempts: number;
  /**
   * No post is begun with less than this left of the invocation (or than half of it, if that is less): one that hangs
   * for its 3 s is followed by asking whether the gateway answers, telling the client and disconnecting it.
   */
  readonly deadlineMarginMs: number;
  /** Limits on what clients may send. */
  readonly limits: Limits;
  /** What the rules of the schema leave to configuration. */
  readonly access: AccessSettings;
  /** Logs, for each change and candidate, why it was or was not delivered: names and reasons, never values. */
  readonly explainLog: boolean;
}

/** As it is where nothing is configured. */
export const DEFAULT_SETTINGS: RelaySettings = {
  initWaitMs: 5_000,
  answerMs: 22_000,
  lockWaitMs: 20_000,
  keepAliveSeconds: 540,
  tableNames: new Map(),
  streamGranularityMs: 1_000,
  clockSkewMs: 5_000,
  leave: 'image',
  maxFrameBytes: 128 * 1024,
  maxKeysPerSubscription: 16,
  maxConcurrentPosts: 128,
  throttledAttempts: 5,
  failedAttempts: 2,
  deadlineMarginMs: 16_000,
  limits: DEFAULT_LIMITS,
  access: { defaultModes: [] },
  explainLog: false,
};

/** What `$connect` needs. */
export type ConnectContext = Pick<RelayContext, 'registry' | 'clock' | 'logger' | 'authenticator'> & {
  /** By default any page may connect, and nothing is believed of API Gateway. */
  readonly door?: DoorSettings;
  /** `DEFAULT_SETTINGS` without it. */
  readonly settings?: Pick<RelaySettings, 'limits'>;
};

/** Who may come through `$connect`, beside what credentials say. */
export interface DoorSettings {
  readonly origins: OriginRules;
  readonly gateway: GatewaySettings;
}

/** What `$disconnect` needs. */
export type DisconnectContext = Pick<RelayContext, 'registry' | 'logger'>;

/** What a use case needs that speaks to connections without reading what they subscribed to: keepalive, gap. */
export interface SweepContext {
  readonly registry: Registry;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly settings: RelaySettings;
  /** 0 ≤ x < 1, for jitter. */
  readonly random: () => number;
}

/** What delivering changes and events needs. */
export interface DeliveryContext extends SweepContext {
  readonly model: Model;
  /** For fields that a project's resolvers answer; without it there are none. */
  readonly api?: Api;
  /** The schemes that rows are looked up under, where they are not this release's own (`KEY_SCHEMES`). */
  readonly keySchemes?: KeySchemes;
  /** Where the frames of a stream's batches go that are too many for one invocation; without it, all are sent at once. */
  readonly fanOut?: FanOut;
}

/** Everything any use case needs: what a client's frames may ask for. `src/compose` builds it once per process. */
export interface RelayContext extends DeliveryContext {
  readonly authenticator: Authenticator;
  /** Queries and mutations over the socket, and the fields that resolvers answer at delivery. */
  readonly api: Api;
  readonly hooks: Hooks;
  /** How many frames each connection sends; without it they are not counted. */
  readonly frameRate?: FrameRate;
}
