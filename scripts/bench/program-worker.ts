/** Child process: runs one program, and tells what each piece of work took. No program heats another's code. */
import type { ProgramReply, ProgramRequest, Work } from './programs/messages.ts';
import type { Program } from './programs/program.ts';
import { PROGRAMS } from './programs/programs.ts';
import { type Cell, cellName, todoOf } from './workload.ts';

const reply = (message: ProgramReply) => process.send?.(message);

function start({ program, surroundings }: Extract<ProgramRequest, { kind: 'start' }>): void {
  const create = PROGRAMS.get(program);
  if (!create) throw new Error(`expected one of ${[...PROGRAMS.keys()].join(', ')}, got ${program}`);
  const setUp = create(surroundings);
  const ready = new Map<string, Program>();
  const programFor = async (cell: Cell) => {
    const known = ready.get(cellName(cell));
    if (known) return known;
    const made = await setUp(cell);
    ready.set(cellName(cell), made);
    return made;
  };
  process.on('message', (request: ProgramRequest) => {
    const done =
      request.kind === 'prepare'
        ? programFor(request.cell).then(() => reply({ kind: 'ready' }))
        : request.kind === 'run'
          ? programFor(request.cell).then((one) => run(one, request.work))
          : Promise.resolve();
    done.catch(fail);
  });
  reply({ kind: 'ready' });
}

async function run(program: Program, { first, batches, eventsPerBatch }: Work): Promise<void> {
  const work = Array.from({ length: batches }, (_, batch) =>
    Array.from({ length: eventsPerBatch }, (_, place) => todoOf(first + batch * eventsPerBatch + place)),
  );
  const renderings = program.renderings() ?? 0;
  const cpu = process.cpuUsage();
  const begun = process.hrtime.bigint();
  for (const events of work) await program.deliver(events);
  const ms = Number(process.hrtime.bigint() - begun) / 1e6;
  const { user, system } = process.cpuUsage(cpu);
  const rendered = program.renderings();
  reply({
    kind: 'measured',
    ms,
    cpuMs: (user + system) / 1_000,
    ...(rendered !== undefined && { renderings: rendered - renderings }),
  });
}

function fail(error: unknown): never {
  console.error(error);
  process.exit(1);
}

process.once('message', (request: ProgramRequest) => {
  if (request.kind === 'start') start(request);
});
process.on('disconnect', () => process.exit());
