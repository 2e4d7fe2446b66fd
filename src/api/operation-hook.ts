import type { Hooks, OperationEvent } from '../project.ts';

/** What came of an operation that ran inside the project's hook. */
export interface Hooked<T> {
  /** What the operation came to; absent when the hook never let it run, or when it failed. */
  readonly result?: T;
  /** What was thrown: by the hook, or by the operation through it. */
  readonly thrown?: { readonly error: unknown };
}

/**
 * Runs an operation inside the hook: once, however often the hook says so, and waited for, whether the hook does or not.
 * Never rejects; a fault that the hook does not look at does not end the process.
 */
export async function insideHook<T>(
  hook: NonNullable<Hooks['operation']>,
  event: OperationEvent,
  run: () => Promise<T>,
): Promise<Hooked<T>> {
  let running: Promise<T> | undefined;
  const next = (): Promise<void> => {
    running ??= run();
    const done = running.then(() => {});
    done.catch(() => {});
    return done;
  };
  try {
    await hook(event, next);
    return running ? { result: await running } : {};
  } catch (error) {
    const result = await running?.catch(() => undefined);
    return { ...(result !== undefined && { result }), thrown: { error } };
  }
}
