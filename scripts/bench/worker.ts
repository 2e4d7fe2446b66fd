/** Child process: runs one variant once, and tells what it took. A fresh process each time, so none heats another's code. */
import type { Assignment, WorkerReply } from './messages.ts';
import { VARIANTS } from './variants.ts';

const reply = (message: WorkerReply) => process.send?.(message);

async function work(assignment: Assignment): Promise<void> {
  const create = VARIANTS.get(assignment.variant);
  if (!create)
    throw new Error(`expected one of ${[...VARIANTS.keys()].join(', ')}, got ${assignment.variant}`);
  const run = await create(assignment);
  for (let batch = 0; batch < assignment.warmUpBatches; batch += 1) await run(batch);
  reply({ kind: 'warm' });
  // The parent has the sink forget the warm-up, then says go.
  await new Promise((resolve) => process.once('message', resolve));
  const cpu = process.cpuUsage();
  const start = process.hrtime.bigint();
  for (let batch = 0; batch < assignment.batches; batch += 1) await run(batch);
  const ms = Number(process.hrtime.bigint() - start) / 1e6;
  const { user, system } = process.cpuUsage(cpu);
  const deliveries = assignment.batches * assignment.batchSize * assignment.connections;
  reply({ kind: 'measured', deliveries, ms, cpuMicroseconds: user + system });
}

process.once('message', (assignment: Assignment) => {
  work(assignment).then(
    () => process.disconnect(),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.on('disconnect', () => process.exit());
