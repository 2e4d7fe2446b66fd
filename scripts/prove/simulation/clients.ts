import { close } from '../../../src/relay/close.ts';
import type { RelayContext } from '../../../src/relay/context.ts';
import { open } from '../../../src/relay/open.ts';
import { receive } from '../../../src/relay/receive.ts';
import type { SeededRandom } from '../../../src/testing/random.ts';
import { CLIENT_DIALECTS, type ClientDialect } from './dialects.ts';
import { NO_FAULTS, operationFaults } from './faults.ts';
import type { ConnectionRecord, SubscriptionRecord } from './history.ts';
import { createProcess } from './process.ts';
import { between } from './randomness.ts';
import { randomWish } from './reference.ts';
import { tokenFor } from './tokens.ts';
import { STAGE, type World } from './world.ts';

export interface ClientsOptions {
  readonly connections: number;
  /** Each connection keeps so many. */
  readonly subscriptions: number;
  /** Ids of the items there are. */
  readonly ids: readonly string[];
  readonly isSelective?: boolean;
  /** Once true nobody connects, leaves or subscribes any more. */
  readonly isOver: () => boolean;
}

/** Of subscriptions: completed before they were acknowledged. */
const IMPATIENT = 0.1;
/** Environments that serve frames side by side when nothing goes wrong. */
const WARM = 3;

/**
 * Clients that connect, subscribe, complete, stop reading and vanish all the time; half of them stay to the end. Each frame
 * is an invocation of its own, which may lose the relay table or die at any call. Resolves once all are at rest.
 */
export async function runClients(world: World, options: ClientsOptions): Promise<void> {
  const { connections } = options;
  const frontDoor = createFrontDoor(world);
  world.onCut = (connection) => void frontDoor.disconnected(connection);
  const slots = Array.from({ length: connections }, (_, slot) =>
    runSlot(world, frontDoor, options, slot, slot % 2 === 0),
  );
  await Promise.all(slots);
  await frontDoor.idle();
}

interface FrontDoor {
  /** Runs one invocation. Undefined: it died, or failed. */
  invoke<T>(work: (context: RelayContext) => Promise<T>): Promise<T | undefined>;
  /** `$disconnect`, unless it is lost. */
  disconnected(connection: ConnectionRecord): Promise<void>;
  idle(): Promise<void>;
}

function createFrontDoor(world: World): FrontDoor {
  const random = world.random('front door');
  const warm = Array.from({ length: WARM }, (_, n) => world.relay(createProcess(), NO_FAULTS, `warm ${n}`));
  const running = new Set<Promise<unknown>>();
  let invocations = 0;
  const frontDoor: FrontDoor = {
    async invoke(work) {
      const faults = operationFaults(random, world.rates.operation);
      const process = createProcess();
      invocations += 1;
      const context = faults.isPlanned
        ? world.relay(process, faults, `frame ${invocations}`)
        : random.pick(warm);
      const answer = Promise.race([work(context), process.died]).catch(() => undefined);
      running.add(answer);
      try {
        return await answer;
      } finally {
        running.delete(answer);
      }
    },
    async disconnected({ id }) {
      if (random.chance(world.rates.disconnectLost)) return;
      await frontDoor.invoke((context) => close(context, id));
    },
    async idle() {
      while (running.size > 0) await Promise.all(running);
    },
  };
  return frontDoor;
}

async function runSlot(
  world: World,
  frontDoor: FrontDoor,
  options: ClientsOptions,
  slot: number,
  isSteady: boolean,
): Promise<void> {
  const { clock } = world;
  const random = world.random(`client ${slot}`);
  await clock.sleep(random.integer(2_000));
  for (let life = 0; !options.isOver(); life += 1) {
    const dialect = random.pick(CLIENT_DIALECTS);
    // Base64, as API Gateway's ids are; its order is not that of connecting.
    const id = `${Buffer.from(`${random.integer(1_000)}.${slot}.${life}`).toString('base64url')}=`;
    const expiresAt = random.chance(world.rates.tokens)
      ? Math.ceil(clock.now() / 1_000) + between(random, 5, 60)
      : undefined;
    const token = expiresAt === undefined ? undefined : tokenFor(`user-${slot}`, expiresAt);
    const client = new Client(world, frontDoor, dialect, id, expiresAt, token);
    if (!(await client.connect())) {
      await clock.sleep(500);
      continue;
    }
    await client.live(
      random,
      options,
      isSteady ? Number.POSITIVE_INFINITY : clock.now() + between(random, 2_000, 60_000),
    );
    if (options.isOver()) return;
    await client.leave();
  }
}

/** One connection of a client, from its upgrade to its end. */
class Client {
  readonly #world: World;
  readonly #frontDoor: FrontDoor;
  readonly #dialect: ClientDialect;
  readonly #token: string | undefined;
  readonly #record: ConnectionRecord;
  #ids = 0;
  #paused = false;

  constructor(
    world: World,
    frontDoor: FrontDoor,
    dialect: ClientDialect,
    id: string,
    expiresAt: number | undefined,
    token: string | undefined,
  ) {
    this.#world = world;
    this.#frontDoor = frontDoor;
    this.#dialect = dialect;
    this.#token = token;
    this.#record = world.history.connect(id, dialect.dialect, expiresAt);
  }

  /** Upgrade and `connection_init`. @returns whether it was let in */
  async connect(): Promise<boolean> {
    const { clock, gateway, history } = this.#world;
    const { id } = this.#record;
    const opened = await this.#frontDoor.invoke((context) =>
      open(context, {
        connectionId: id,
        stage: STAGE,
        connectedAt: clock.now(),
        headers: this.#dialect.headers,
        query: this.#dialect.query(this.#token),
      }),
    );
    if (opened?.status !== 200) {
      history.close(this.#record, 'relay', clock.now());
      return false;
    }
    gateway.open(this.#record);
    await this.#send(this.#dialect.init(this.#token));
    const isIn = this.#record.heard.some(
      ({ reading }) => reading.kind === 'other' && reading.type === 'connection_ack',
    );
    if (!isIn) await this.leave();
    return isIn;
  }

  /** Subscribes and completes until `leaveAt`, the end of the run, or the end of the connection. */
  async live(random: SeededRandom, options: ClientsOptions, leaveAt: number): Promise<void> {
    const { clock, gateway } = this.#world;
    const pending: Promise<void>[] = [];
    while (!options.isOver() && !this.#record.closed && clock.now() < leaveAt) {
      const live = this.#record.subscriptions.filter(isLive);
      if (this.#isExpired()) break;
      for (let missing = options.subscriptions - live.length; missing > 0; missing -= 1)
        pending.push(this.#subscribe(random, options));
      const [some] = live.length > 0 ? [random.pick(live)] : [];
      if (some && random.chance(0.1)) {
        const again = random.chance(0.5);
        pending.push(
          this.#complete(some).then((isDone) =>
            again ? this.#subscribe(random, options, { clientId: some.clientId, isDone }) : undefined,
          ),
        );
      }
      if (!this.#paused && random.chance(0.03)) {
        this.#paused = true;
        gateway.pause(this.#record);
      } else if (this.#paused && random.chance(0.5)) this.#resume();
      await clock.sleep(between(random, 200, 4_000));
    }
    this.#resume();
    await Promise.all(pending);
  }

  async leave(): Promise<void> {
    if (this.#record.closed) return;
    this.#world.gateway.drop(this.#record);
    await this.#frontDoor.disconnected(this.#record);
  }

  #isExpired(): boolean {
    const { expiresAt } = this.#record;
    // A token that is nearly over is not used for anything new.
    return expiresAt !== undefined && this.#world.clock.now() > expiresAt * 1_000 + 20_000;
  }

  #resume(): void {
    if (!this.#paused || this.#record.closed) return;
    this.#paused = false;
    this.#world.gateway.resume(this.#record);
  }

  async #subscribe(
    random: SeededRandom,
    { ids, isSelective }: ClientsOptions,
    reused?: Reused,
  ): Promise<void> {
    const { clock, history } = this.#world;
    if (this.#record.closed) return;
    this.#ids += 1;
    const clientId = reused?.clientId ?? String(this.#ids);
    const wish = randomWish(random, ids, isSelective);
    const subscription: SubscriptionRecord = {
      clientId,
      wish,
      sentOrder: history.next(),
      sentAt: clock.now(),
    };
    this.#record.subscriptions.push(subscription);
    const before = this.#world.requestFaults;
    const sending = this.#send(this.#dialect.subscribe(clientId, wish.query, this.#token));
    // Where the one before may still stand, a `complete` that overtakes could as well be meant for that one.
    if (random.chance(IMPATIENT) && reused?.isDone !== false) {
      // Its `complete` may overtake it, or run beside it.
      await clock.sleep(random.integer(60));
      await this.#complete(subscription);
    }
    await sending;
    if (this.#world.requestFaults === before) subscription.answeredOrder = history.next();
  }

  /** @returns whether nothing went wrong at it, so that its id is free again */
  async #complete(subscription: SubscriptionRecord): Promise<boolean> {
    const { history } = this.#world;
    if (this.#record.closed || !isLive(subscription)) return true;
    subscription.completeOrder = history.next();
    const before = this.#world.requestFaults;
    await this.#send(this.#dialect.complete(subscription.clientId));
    const isDone = this.#world.requestFaults === before;
    // This dialect has no answer to it; that nothing went wrong meanwhile is as good.
    if (this.#dialect.dialect === 'graphql-transport-ws' && isDone)
      subscription.completedOrder ??= history.next();
    return isDone;
  }

  /** One frame, and what is answered to it as the integration's response. */
  async #send(body: string): Promise<void> {
    const { clock, history } = this.#world;
    const reply = await this.#frontDoor.invoke((context) =>
      receive(context, { connectionId: this.#record.id, body }),
    );
    if (reply !== undefined) history.hear(this.#record, reply, clock.now());
  }
}

/** As its client knows it. One that was never answered is live for all it knows. */
/** An id that is used once more. */
interface Reused {
  readonly clientId: string;
  /** False: its `complete` met a fault, so that the subscription before may still stand. */
  readonly isDone: boolean;
}

function isLive({ completeOrder, told }: SubscriptionRecord): boolean {
  return completeOrder === undefined && told === undefined;
}
