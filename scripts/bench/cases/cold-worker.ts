/**
 * Child process: loads one bundle and lets it make its first deliveries. The clock starts before the bundle is read, when
 * Node itself is up, as a function's does.
 */
import type { ColdReply, ColdWork } from './cold/messages.ts';

process.once('message', async (work: ColdWork) => {
  const cpu = process.cpuUsage();
  const begun = process.hrtime.bigint();
  const { handler }: { handler: (event: object, context: object) => Promise<unknown> } = await import(
    work.bundle
  );
  const loadMs = Number(process.hrtime.bigint() - begun) / 1e6;
  await handler(work.event, { getRemainingTimeInMillis: () => 120_000 });
  const ms = Number(process.hrtime.bigint() - begun) / 1e6;
  const { user, system } = process.cpuUsage(cpu);
  const reply: ColdReply = { ms, loadMs, cpuMs: (user + system) / 1_000 };
  process.send?.(reply, () => process.exit(0));
});
process.on('disconnect', () => process.exit());
