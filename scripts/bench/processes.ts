import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** A child that says nothing for this long is given up. */
const PATIENCE_MS = 120_000;
const children = new Set<ChildProcess>();

/**
 * Starts one of the programs that `run.mjs` bundles beside this one, by its name without extension; the caller ends it
 * (`kill`), and so does {@link stopAll}.
 */
export function start(name: string, env: Readonly<Record<string, string>> = {}): ChildProcess {
  const child = fork(fileURLToPath(new URL(`${name}.mjs`, import.meta.url)), {
    env: { ...process.env, ...env },
    execArgv: ['--no-warnings'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

/** Ends every child that was started here and still runs. */
export function stopAll(): void {
  for (const child of children) child.kill();
}

/** The next message of a child, as what it is known to send. Rejects when it ends, or says nothing for two minutes. */
export function nextMessage<T>(child: ChildProcess, who: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      child.off('message', onMessage);
      child.off('exit', onExit);
    };
    const onMessage = (message: T) => {
      end();
      resolve(message);
    };
    const onExit = (code: number | null) => {
      end();
      reject(new Error(`${who}: expected an answer, got exit code ${code}`));
    };
    const timer = setTimeout(() => {
      end();
      reject(new Error(`${who}: expected an answer within ${PATIENCE_MS} ms, got none`));
    }, PATIENCE_MS);
    child.on('message', onMessage);
    child.on('exit', onExit);
  });
}

/** Sends a request and waits for the answer. */
export function ask<Reply>(child: ChildProcess, request: object, who: string): Promise<Reply> {
  const answer = nextMessage<Reply>(child, who);
  child.send(request);
  return answer;
}
