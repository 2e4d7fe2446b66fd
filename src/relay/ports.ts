import type { Identity } from '../auth/identity.ts';
import type { Equalities, ShapeNames } from '../filter/expression.ts';
import type { Dialect } from '../protocol/dialect.ts';

/** Time as the relay sees it. Tests inject a virtual one. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** Resolves after `ms` milliseconds, or at once when `signal` aborts (it never rejects). */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** A clock that also tells how long something took, whatever is done to the time of day meanwhile. */
export interface MonotonicClock extends Clock {
  /** Milliseconds since some fixed moment of this process; never goes back. Not comparable between processes. */
  monotonic(): number;
}

/** Counters of the relay, by stable names (docs/operations.md). */
export interface Metrics {
  count(name: string, value?: number): void;
  /** One value of a distribution, such as a lag in ms: percentiles are taken over all of them. */
  measure(name: string, value: number): void;
  /** Hands over what was counted since the last call; handlers call it once an invocation. */
  flush(): void;
}

export type { Identity } from '../auth/identity.ts';

/** A connection as its upgrade tells of it. */
export interface NewConnection {
  readonly id: string;
  /** API Gateway stage to post back through. */
  readonly stage: string;
  /** Known when a subprotocol was agreed on; else the first message decides. */
  readonly dialect?: Dialect;
  /** Present when the credential came with the upgrade. */
  readonly identity?: Identity;
  /** Epoch ms. */
  readonly connectedAt: number;
  /** Epoch seconds: end of the connection's longest possible life. */
  readonly expiresAt: number;
}

/** A connection as it stands. */
export interface Connection extends NewConnection {
  /** True once `connection_init` was accepted. */
  readonly initialised: boolean;
  /** What the client asked for in its connection params: confirm every subscription (C1). */
  readonly confirmSubscriptions: boolean;
  /** Asked for in the connection params: operations run one at a time, in the order they got the lock. */
  readonly strictOrdering: boolean;
  /** True once `$disconnect` marked it; nothing may be started on it. */
  readonly closed: boolean;
}

/** The text a subscription renders from: arguments removed, fragments inlined, variables substituted. */
export interface StoredDocument {
  /** 128 bits of SHA-256 of the text, base64url. */
  readonly hash: string;
  readonly text: string;
}

/** A subscription as it is asked to be registered. */
export interface NewSubscription {
  readonly connectionId: string;
  /** The client's own id, ≤ 256 bytes of UTF-8. */
  readonly clientId: string;
  /** Subscription field, such as `onCreateTodo`. */
  readonly field: string;
  /** Table name as the schema writes it. */
  readonly table: string;
  /** Disjunctive form, ≥ 1 alternative unless the filter can match nothing: then none, and no key row is written. */
  readonly alternatives: readonly Equalities[];
  /**
   * Shapes that are always to be had, whatever others clients' choices have used up: those that the rules alone come to.
   * A schema has few of them.
   */
  readonly reserved?: readonly ShapeNames[];
  /** Canonical text of the whole filter, forced part included. */
  readonly filter: string;
  readonly document: StoredDocument;
  readonly renderingKey: string;
  readonly dialect: Dialect;
  readonly stage: string;
  /** Epoch ms, read before the first write. */
  readonly activatedAt: number;
  /** Epoch seconds: min(connection end, token expiry). */
  readonly expiresAt: number;
  /** Whom it is registered for: subscriptions of one identity are counted, and can be revoked together. */
  readonly subscriber: Subscriber;
  /** Most live subscriptions its connection may have, this one included. */
  readonly maxOnConnection: number;
  readonly options?: SubscriptionOptions;
}

/** Who a subscription speaks for, which need not be who its connection does. */
export interface Subscriber {
  readonly identityHash: string;
  /** Epoch seconds; see `Identity.issuedAt`. */
  readonly issuedAt?: number;
  /**
   * Most live subscriptions this identity may have, on whatever connections, this one included. Absent: not counted, as
   * for an API key that all clients of an application share.
   */
  readonly maxSubscriptions?: number;
}

/** What a subscriber chose beside its filter; kept in its rows, absent when nothing was chosen. */
export interface SubscriptionOptions {
  /** Changes whose writer attribute (`@table(writer:)`) has this text are its own and are not sent. */
  readonly skipWriter?: string;
  /** `latest`: once its connection falls behind, of several payloads for one item only the newest is sent. */
  readonly overflow?: 'latest';
  /** Present when its selection has fields with resolvers: they run for this identity, and nobody shares them. */
  readonly identity?: Identity;
  /** Present when its type has rules. */
  readonly access?: GrantedAccess;
}

/** What the rules came to for one subscriber, beside the forced part of its filter. */
export interface GrantedAccess {
  /** `rulesInForce` when it was subscribed: under others it is not served any more. */
  readonly rules: string;
  /** True when only some items may be read: then nothing is told of an old image that does not match the filter. */
  readonly isPartial?: true;
  /**
   * Fields that may not be read, or not of every item, as `Type.field`, sorted: with the canonical filter of the items
   * of which it may, or null where it never may.
   */
  readonly fields?: readonly (readonly [field: string, where: string | null])[];
}

/**
 * - `active`: every row is durable and visible to consistent reads; the acknowledgement may go out.
 * - `duplicate`: a live subscription has this id (looked again for up to 1 s).
 * - `completed`: a `complete` overtook it; nothing is left behind and nothing is to be answered.
 * - `closed`: the connection is unknown or closed; nothing is left behind.
 * - `connection-full`, `identity-full`: it would be one too many (counted by rows, never exceeded; of two that come at
 *   the same moment for the last place both may be refused); nothing is left behind.
 * - `revoked`: the identity was revoked after its credential was issued; nothing is left behind.
 */
export type SubscribeOutcome =
  | 'active'
  | 'duplicate'
  | 'completed'
  | 'closed'
  | 'connection-full'
  | 'identity-full'
  | 'revoked';

/** A row found by filter key: who may want a change. The predicate decides. */
export interface Candidate {
  readonly connectionId: string;
  readonly clientId: string;
  readonly field: string;
  readonly documentHash: string;
  readonly renderingKey: string;
  /** Canonical filter, always present (fetched from the subscription when too long for the row). */
  readonly filter: string;
  readonly dialect: Dialect;
  readonly stage: string;
  readonly activatedAt: number;
  /** Epoch seconds as `NewSubscription` had it: nothing is sent from then on, though it was found before. */
  readonly expiresAt: number;
  readonly options?: SubscriptionOptions;
  /** Names the row it was found by, for `Registry.reap`; means nothing to anyone else. */
  readonly row: string;
}

/** A shape in use by some live subscription of a field. */
export interface Shape {
  readonly field: string;
  readonly names: ShapeNames;
  /** Rows of one filter key are spread over this many partitions; only grows. */
  readonly shards: number;
}

/** A filter key to look up, and over how many shards its rows may lie. */
export interface Lookup {
  readonly filterKey: string;
  readonly shards: number;
  /**
   * Whose rows lie under the key. A registry that finds very many of them may spread the shape over more partitions
   * (`Shape.shards`); without it, it leaves the shape as it is.
   */
  readonly shape?: ShapeName;
}

/** Names a shape among all tables'. */
export interface ShapeName {
  /** Table name as the schema writes it. */
  readonly table: string;
  readonly field: string;
  readonly names: ShapeNames;
}

/**
 * What was found under one filter key, in parts of no particular size. A part that is the very same object as one of an
 * earlier call holds the very same rows: what was built over it, such as an index, may be kept with it (in a WeakMap).
 */
export type FoundCandidates = readonly (readonly Candidate[])[];

/** A live subscription as its own connection names it. */
export interface LiveSubscription {
  readonly clientId: string;
  readonly field: string;
  readonly table: string;
  /** Canonical text of the whole filter, forced part included. */
  readonly filter: string;
  /** `Subscriber.identityHash`; absent from rows of an earlier release, which spoke for their connection's identity. */
  readonly identityHash?: string;
  /** Epoch seconds as `NewSubscription` had it: past it nothing is delivered, though its client may not know yet. */
  readonly expiresAt: number;
}

/** What is revoked of an identity: every credential issued up to a moment. */
export interface Revocation {
  /** Epoch seconds: a credential issued by then, or that does not say when it was issued, starts nothing any more. */
  readonly revokedAt: number;
  /** Epoch seconds at which the mark goes: no earlier than the last of those credentials expires. */
  readonly until: number;
}

/** A connection as a sweep over all of them is told of it. */
export interface LiveConnection {
  readonly connectionId: string;
  readonly stage: string;
  readonly dialect?: Dialect;
  readonly identityHash?: string;
  /** Epoch ms. */
  readonly connectedAt: number;
  /** True once `connection_init` was accepted: before, nothing may be sent to it unasked. */
  readonly initialised: boolean;
  /** Epoch seconds at which its credential expires, if it does. */
  readonly credentialExpiresAt?: number;
  /** Epoch seconds: the earliest end noted (`Registry.noteExpiry`) of operations with a credential of their own. */
  readonly operationExpiresAt?: number;
}

/**
 * How far records were delivered that outgrew one invocation (`PLACE` row). The batch that comes again begins with the
 * first of them, so its event id finds the place. (A registry keeps `done` as JSON, whatever it holds.)
 */
export interface DeliveryPlace {
  /** `eventID` of the first record that is not done. */
  readonly eventId: string;
  /** At most 4 entries; what any of them says is done, is. None: the batch was begun, and no connection is done. */
  readonly done: readonly DonePart[];
}

/** Part of what was delivered of the records that begin with a place's. */
export interface DonePart {
  /** Connections up to and including this one, in the order of their ids' UTF-16 code units … */
  readonly through: string;
  /**
   * … are done with these: a short hash of the event id of each. By name and not by a range, for the batch that comes
   * again may hold others between them, when an operator changes how many batches of a shard are worked on at once.
   */
  readonly records: readonly string[];
}

/** What `Registry.updateStore` came to. `conflict`: somebody else wrote since `version` was read. */
export type StoreUpdate = 'written' | 'conflict' | 'closed';

/**
 * Connections and subscriptions (DESIGN §4). Every read is strongly consistent and ignores rows past their
 * `expiresAt`. Any method rejects with `TablecastError` `REGISTRY_UNAVAILABLE` when the store cannot be reached or
 * keeps throttling; nothing it does is half-visible as active.
 */
export interface Registry {
  /** Records a connection: META, LIVE and, with an identity, ID rows in one batch. Resolves once durable. */
  open(connection: NewConnection): Promise<void>;
  /**
   * Accepts `connection_init`: exactly one caller per connection gets `initialised`. `identity`, when given, is
   * bound to the connection (ID row too). `live` tells of it from then on.
   */
  initialise(
    connectionId: string,
    init: {
      /** Absent while it cannot be known yet; `speak` tells it later. */
      readonly dialect?: Dialect;
      readonly identity?: Identity;
      readonly confirmSubscriptions?: boolean;
      readonly strictOrdering?: boolean;
    },
  ): Promise<'initialised' | 'repeated' | 'unknown'>;
  /** Settles the dialect of a connection whose first operation told it; `live` tells it too. Last one wins. */
  speak(connectionId: string, dialect: Dialect): Promise<void>;
  /**
   * Notes that an operation of the connection may start whose own credential expires at `expiresAt` (epoch seconds),
   * before that of the connection does: who sweeps the live connections is told the earliest, so that the client can be
   * told then. 0 marks a connection that is to be closed instead. Nothing where the connection is not live.
   */
  noteExpiry(connectionId: string, expiresAt: number): Promise<void>;
  /** What operations stored for a connection (`CTX` row), `{}` at first; `version` is 0 before the first write. */
  readStore(
    connectionId: string,
  ): Promise<{ readonly version: number; readonly entries: ReadonlyMap<string, unknown> }>;
  /**
   * Replaces it, if it still is at `version` and the connection is open. Values are JSON; it lives as long as the
   * connection does, and is removed with it.
   */
  updateStore(
    connectionId: string,
    version: number,
    entries: ReadonlyMap<string, unknown>,
  ): Promise<StoreUpdate>;
  /**
   * Takes the lock of a connection for `holdMs` at most, unless another holds it: one attempt, the caller waits.
   * @returns a token to give it back with, or undefined
   */
  lock(connectionId: string, holdMs: number): Promise<string | undefined>;
  /** Gives a lock back; of one that has run out and was taken by another, nothing. */
  unlock(connectionId: string, token: string): Promise<void>;
  connection(connectionId: string): Promise<Connection | undefined>;
  /** Write, then check (DESIGN §4 "Subscribing"). */
  subscribe(subscription: NewSubscription): Promise<SubscribeOutcome>;
  /** Ends one subscription; of an id that is not live, leaves a 60 s tombstone for a `subscribe` that is still under way. */
  complete(connectionId: string, clientId: string): Promise<void>;
  /** `$disconnect` or gone: closed mark first, then every row of the connection. Idempotent; resolves with what it ended. */
  close(connectionId: string): Promise<number>;
  /**
   * `close` for a connection that is gone, and removal of the rows (`Candidate.row`) it was found by: also those that no
   * subscription names any more, because whoever was to remove them died. Idempotent; resolves with what it ended.
   */
  reap(connectionId: string, rows: readonly string[]): Promise<number>;
  /** The place saved for a batch that begins with this record, if it is not too old to be of use. */
  readPlace(eventId: string): Promise<DeliveryPlace | undefined>;
  /** Keeps a place, in the stead of one saved before for the same record, for as long as a connection may live. */
  savePlace(place: DeliveryPlace): Promise<void>;
  /**
   * Subscriptions of one connection that nobody has ended: those whose credential has expired are among them, so that
   * their client can be told.
   */
  subscriptions(connectionId: string): Promise<readonly LiveSubscription[]>;
  /**
   * Marks an identity as revoked: `subscribe` refuses it from the moment this resolves. Of several marks the latest
   * `revokedAt` and the latest `until` hold. What is live already is not ended.
   */
  revoke(identityHash: string, revocation: Revocation): Promise<void>;
  /**
   * Connections that an identity has, each once, in no order: those that speak for it, and those on which a subscription
   * counted for it (`Subscriber.maxSubscriptions`) is live or under way. An uncounted one on somebody else's connection
   * is known to `live` and `subscriptions` alone. Asked after `revoke`, it misses nothing `subscribe` let through before.
   */
  connectionsOf(identityHash: string): AsyncIterable<{ readonly connectionId: string }>;
  /** One query: all shapes in use for a table's subscription fields. */
  shapes(table: string): Promise<readonly Shape[]>;
  /**
   * One query per filter key and shard, in parallel; of a key with very many rows, a registry may instead ask whether any
   * were added or removed since it read them, after this call began (layout L3), and read again only what was. The map has
   * an entry for each filter key asked.
   */
  candidates(lookups: readonly Lookup[]): Promise<ReadonlyMap<string, FoundCandidates>>;
  /** Cached; a document never changes under its hash. */
  document(hash: string): Promise<StoredDocument | undefined>;
  /**
   * Every live connection, in no order. Costs one query per partition (64), and a read and a write of each connection it
   * comes to for the first time: for sweeps and gaps only.
   */
  live(): AsyncIterable<LiveConnection>;
}

/** Where to post: the connection and the stage it came through. */
export interface Target {
  readonly connectionId: string;
  readonly stage: string;
}

/**
 * What came of one attempt to post one frame, by HTTP status and never by error name (an emulator's 410 has none).
 * - `sent` 2xx · `gone` 410, and 400 for a malformed id · `tooLarge` 413 · `forbidden` 401/403
 * - `throttled` 429 · `failed` 5xx, time-out, connection reset: it may have arrived all the same.
 */
export type PostOutcome =
  | { readonly kind: 'sent' }
  | { readonly kind: 'gone' }
  | { readonly kind: 'tooLarge' }
  | { readonly kind: 'forbidden'; readonly detail: string }
  | { readonly kind: 'throttled' }
  | { readonly kind: 'failed'; readonly detail: string };

/** API Gateway's @connections, one attempt a call; retries are the caller's policy. Never rejects. */
export interface Transport {
  post(target: Target, frame: Uint8Array): Promise<PostOutcome>;
  /** Closes the socket from the server's side. */
  disconnect(target: Target): Promise<PostOutcome>;
}
