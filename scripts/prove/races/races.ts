import { LIFE_MS, misfits, type RaceWorld, subscribed } from './world.ts';

/** One race of RELIABILITY §3.4. `run` throws a `Violation` when what must hold does not. */
export interface Race {
  readonly id: string;
  readonly what: string;
  /** @param choice 0 to 7: which variant of the race */
  run(world: RaceWorld, choice: number): Promise<void>;
}

export class Violation extends Error {}

function hold(condition: boolean, expected: string): void {
  if (!condition) throw new Violation(`expected ${expected}`);
}

/** Every one of `owed` came, as often as it likes, and first ones in order. */
function holdDelivered(got: readonly string[], owed: readonly string[], whose: string): void {
  const firsts = [...new Set(got)].filter((item) => owed.includes(item));
  hold(
    JSON.stringify(firsts) === JSON.stringify(owed),
    `${whose} to be told of ${owed.join(', ') || 'nothing'} in order, got ${got.join(', ') || 'nothing'}`,
  );
}

/** Nothing is left of the subscriptions of connections once they are closed. */
async function holdNothingLeft(world: RaceWorld, ...ids: readonly string[]): Promise<void> {
  hold(misfits(world.rows()).length === 0, `no orphan row, got ${misfits(world.rows()).join(', ')}`);
  for (const id of ids) await world.disconnect(id);
  const left = subscribed(world.rows()).map(({ pk, sk }) => `${pk} ${sk}`);
  hold(left.length === 0, `no row to be left after the end, got ${left.join(', ')}`);
}

/** Commits and delivers while others run; tells which items were committed once `isOwed` was true. */
function writer(world: RaceWorld, isOwed: () => boolean, count: number) {
  const owed: string[] = [];
  return {
    owed,
    async run() {
      for (let n = 0; n < count; n += 1) {
        await world.moment(`commit ${n}`);
        const isOwedNow = isOwed();
        const change = world.commit();
        if (isOwedNow) owed.push(change.item);
        await world.deliver([change]);
      }
    },
  };
}

const FIRST_CHANGE_MS = 60_000;

export const RACES: readonly Race[] = [
  {
    id: 'R1',
    what: 'a start that overtakes connection_init is let in once that has landed',
    async run(world) {
      await world.connect('a', 'no init');
      const began = world.clock.now();
      let isActive = false;
      await world.race(
        async () => {
          isActive = await world.subscribe('a', '1');
        },
        async () => {
          await world.frame('a', { type: 'connection_init' });
        },
      );
      // Whoever is refused has waited for the whole time there is.
      hold(isActive || world.clock.now() - began >= 5_000, 'a start to be let in within 5 s');
      const change = world.commit();
      await world.deliver([change]);
      holdDelivered(world.got('a', '1'), isActive ? [change.item] : [], 'the subscriber');
      await holdNothingLeft(world, 'a');
    },
  },
  {
    id: 'R2',
    what: 'a write committed after the acknowledgement is delivered',
    async run(world, choice) {
      await world.connect('a');
      if (choice % 2 === 1) await world.deliver([world.commit()]);
      let isActive = false;
      const { owed, run } = writer(world, () => isActive, 3);
      await world.race(async () => {
        isActive = await world.subscribe('a', '1');
        hold(isActive, 'the subscription to be active');
        await world.moment('last commit');
        const last = world.commit();
        await world.deliver([last]);
        hold(
          world.got('a', '1').includes(last.item),
          `${last.item} to be delivered after the acknowledgement`,
        );
      }, run);
      const got = world.got('a', '1');
      hold(
        owed.every((item) => got.includes(item)),
        `${owed.join(', ')} to be delivered, got ${got.join(', ')}`,
      );
      await holdNothingLeft(world, 'a');
    },
  },
  {
    id: 'R3',
    what: 'a worker that has looked before finds who came since',
    async run(world, choice) {
      for (const id of ['a', 'b']) await world.connect(id);
      if (choice % 2 === 1) await world.subscribe('b', '1');
      const worker = world.deliverer();
      await world.deliver([world.commit()], worker);
      const owed: string[] = [];
      let isActive = false;
      await world.race(
        async () => {
          isActive = await world.subscribe('a', '1');
        },
        async () => {
          for (let n = 0; n < 3; n += 1) {
            await world.moment(`commit ${n}`);
            const isOwed = isActive;
            const change = world.commit();
            if (isOwed) owed.push(change.item);
            await world.deliver([change], worker);
          }
        },
      );
      const last = world.commit();
      await world.deliver([last], worker);
      const got = world.got('a', '1');
      hold(
        [...owed, last.item].every((item) => got.includes(item)),
        `${[...owed, last.item].join(', ')} to be delivered, got ${got.join(', ')}`,
      );
      await holdNothingLeft(world, 'a', 'b');
    },
  },
  {
    id: 'R4',
    what: 'an event older than a subscription is dropped only when it certainly is',
    async run(world, choice) {
      await world.connect('a');
      const old = world.commit();
      world.advance([0, 999, 5_000, 5_999, 6_000, 6_999, 7_001, FIRST_CHANGE_MS][choice] ?? 0);
      const fresh: string[] = [];
      await world.race(
        () => world.subscribe('a', '1'),
        () => world.deliver([old]),
        async () => {
          await world.moment('commit');
          const change = world.commit();
          fresh.push(change.item);
          await world.deliver([change]);
        },
      );
      const [row] = world.rows().filter(({ pk }) => /^KEY#/.test(String(pk)));
      const activatedAt = Number(row?.['a']);
      const last = world.commit();
      await world.deliver([old, last]);
      const got = world.got('a', '1');
      const isCertain = Math.floor(old.at / 1_000) * 1_000 + 6_000 < activatedAt;
      hold(
        got.includes(old.item) !== isCertain,
        `an event ${activatedAt - old.at} ms older to be ${isCertain ? 'dropped' : 'delivered'}`,
      );
      hold(got.includes(last.item), `${last.item} to be delivered`);
      await holdNothingLeft(world, 'a');
    },
  },
  {
    id: 'R5',
    what: 'a disconnect beside starts leaves no row',
    async run(world, choice) {
      await world.connect('a');
      if (choice % 2 === 1) await world.subscribe('a', '0');
      await world.race(
        () => world.subscribe('a', '1'),
        () => world.subscribe('a', '2'),
        () => world.disconnect('a'),
        ...(choice >= 4 ? [() => world.deliver([world.commit()])] : []),
      );
      const left = subscribed(world.rows()).map(({ pk, sk }) => `${pk} ${sk}`);
      hold(left.length === 0, `no row to be left, got ${left.join(', ')}`);
      hold(!(await world.subscribe('a', '3')), 'nothing to start on a connection that has closed');
      await holdNothingLeft(world, 'a');
    },
  },
  {
    id: 'R6',
    what: 'a stop that overtakes its start ends it all the same',
    async run(world, choice) {
      await world.connect('a');
      const again = choice % 2 === 1;
      await world.race(
        () => world.subscribe('a', '1'),
        async () => {
          if (again) await world.deliver([world.commit()]);
          await world.complete('a', '1');
        },
      );
      const before = world.got('a', '1').length;
      await world.deliver([world.commit()]);
      hold(world.got('a', '1').length === before, 'nothing to come after the stop was answered');
      hold(subscribed(world.rows()).length === 0, 'no row to be left');
      hold(await world.subscribe('a', '1'), 'the id to be free after its start was ended');
      const change = world.commit();
      await world.deliver([change]);
      hold(world.got('a', '1').includes(change.item), `${change.item} to be delivered`);
      await holdNothingLeft(world, 'a');
    },
  },
  {
    id: 'R7',
    what: 'of starts of one id one is active, and is told once of each change',
    async run(world, choice) {
      await world.connect('a');
      const active: boolean[] = [];
      const start = async () => void active.push(await world.subscribe('a', '1'));
      await world.race(start, start, ...(choice % 2 === 1 ? [start] : []));
      hold(active.filter(Boolean).length === 1, `one to be active, got ${active.filter(Boolean).length}`);
      const change = world.commit();
      await world.deliver([change]);
      const times = world.got('a', '1').filter((item) => item === change.item).length;
      hold(times === 1, `${change.item} once, got it ${times} times`);
      await holdNothingLeft(world, 'a');
    },
  },
  {
    id: 'R8',
    what: 'rows that the time to live has yet to delete serve nobody',
    async run(world, choice) {
      await world.connect('a');
      await world.subscribe('a', '1');
      let isOver = false;
      await world.race(
        () => world.subscribe('a', '2'),
        async () => {
          await world.moment('the end of the connection');
          world.advance(LIFE_MS);
          isOver = true;
        },
        ...(choice % 2 === 1 ? [() => world.complete('a', '1')] : []),
      );
      hold(isOver, 'the end to have come');
      const before = world.connections.posts;
      const change = world.commit();
      await world.deliver([change]);
      hold(world.connections.posts === before, 'no post to a connection past its end');
      hold(!(await world.subscribe('a', '3')), 'nothing to start past the end');
      await world.connect('b');
      hold(await world.subscribe('b', '1'), 'a new connection to be served');
      const next = world.commit();
      await world.deliver([next]);
      holdDelivered(world.got('b', '1'), [next.item], 'the new connection');
      await holdNothingLeft(world, 'a', 'b');
    },
  },
  {
    id: 'R9',
    what: 'posts to one connection are never under way together, and come in order',
    async run(world, choice) {
      for (const id of ['a', 'b'])
        for (const own of ['1', '2']) {
          if (own === '1') await world.connect(id);
          await world.subscribe(id, own);
        }
      const changes = Array.from({ length: 3 + (choice % 2) }, () => world.commit());
      await world.race(() => world.deliver(changes));
      for (const id of ['a', 'b']) {
        hold(
          world.connections.maxInFlight(id) === 1,
          `one post at a time to ${id}, got ${world.connections.maxInFlight(id)}`,
        );
        for (const own of ['1', '2']) {
          holdDelivered(
            world.got(id, own),
            changes.map(({ item }) => item),
            `${id}/${own}`,
          );
          hold(world.got(id, own).length === changes.length, `each once at ${id}/${own}`);
        }
      }
      await holdNothingLeft(world, 'a', 'b');
    },
  },
  {
    id: 'R10',
    what: 'who reconnects, subscribes and then reads again misses nothing',
    async run(world, choice) {
      await world.connect('a');
      await world.subscribe('a', '1');
      const committed: string[] = [];
      let read: readonly string[] = [];
      await world.race(
        async () => {
          world.connections.close('a');
          await Promise.all([
            // `$disconnect` comes late, or never.
            ...(choice % 2 === 1 ? [world.disconnect('a')] : []),
            world.connect('b').then(async () => {
              hold(await world.subscribe('b', '1'), 'the new subscription to be active');
              await world.moment('read again');
              read = [...committed];
            }),
          ]);
        },
        async () => {
          for (let n = 0; n < 3; n += 1) {
            await world.moment(`commit ${n}`);
            const change = world.commit();
            committed.push(change.item);
            await world.deliver([change]);
          }
        },
      );
      const known = new Set([...read, ...world.got('b', '1')]);
      const missed = committed.filter((item) => !known.has(item));
      hold(missed.length === 0, `nothing to be missed, got ${missed.join(', ')}`);
      await holdNothingLeft(world, 'a', 'b');
    },
  },
];
