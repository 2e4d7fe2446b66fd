import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { TablecastError } from '../errors.ts';
import { gatewayOutput } from './gateway-output.ts';
import { type ProbeClient, type ProbeOutcome, probeGateway } from './gateway-probe.ts';
import { type ProcessGroups, stopGroup } from './process-groups.ts';
import { QUIET, serverlessScript } from './project.ts';

export interface GatewayOptions {
  /** The project: the folder of serverless.yml. */
  readonly folder: string;
  readonly wsPort: number;
  /** Where functions are invoked, as by the Lambda API. */
  readonly lambdaPort: number;
  /** Port of its HTTP API; nothing listens there while the project has no HTTP function. */
  readonly httpPort: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly groups: ProcessGroups;
  /** Each line the gateway or a handler prints. */
  readonly onLine: (line: string) => void;
}

/** `serverless offline`: API Gateway's WebSocket, @connections and the Lambda API, with the bundled handlers. */
export interface Gateway {
  /**
   * Resolves once a WebSocket of this client is let in and its `connection_init` acknowledged.
   * @throws TablecastError `LOCAL_STACK` with the last lines it printed, when it ends or does not get there in time
   */
  ready(client: ProbeClient, timeoutMs: number): Promise<void>;
  /** Resolves when it has ended, with what it printed last. */
  readonly ended: Promise<string>;
  /** Idempotent. */
  stop(): Promise<void>;
}

/** Lines kept for the message when it fails. A stack comes with each error, and is left out only when it is told. */
const LAST_LINES = 100;
const STOP_GRACE_MS = 1_000;
const PROBE_INTERVAL_MS = 100;
const PROBE_TIMEOUT_MS = 10_000;
/** What the gateway answers when a handler throws, or cannot be loaded: that of `$connect`, or the one of frames. */
const HANDLER_FAILED: ReadonlySet<ProbeOutcome> = new Set(['HTTP 502', 'an internal server error']);
/** A handler that goes on failing for so long will not come round: its file throws, or its settings are wrong. */
const HANDLER_PATIENCE_MS = 5_000;

export function startGateway(options: GatewayOptions): Gateway {
  const { folder, wsPort, lambdaPort, httpPort, groups } = options;
  const child = execa(
    process.execPath,
    [
      serverlessScript(folder),
      'offline',
      '--host=127.0.0.1',
      `--websocketPort=${wsPort}`,
      `--lambdaPort=${lambdaPort}`,
      `--httpPort=${httpPort}`,
      '--noPrependStageInUrl',
      '--noSponsor',
      // One process for all functions: a worker thread for each would load the whole bundle again for every
      // frame that comes at the same moment.
      '--useInProcess',
    ],
    {
      cwd: folder,
      env: { ...options.env, ...QUIET },
      stdin: 'ignore',
      buffer: false,
      reject: false,
      // A group of its own: bundler and all end with it, and Ctrl-C is for us to pass on.
      detached: true,
      cleanup: false,
    },
  );
  const { pid } = child;
  if (pid !== undefined) groups.add(pid);
  const last: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      last.push(line);
      if (last.length > LAST_LINES) last.shift();
      options.onLine(line);
    });
  }
  let over = false;
  let stopped: Promise<void> | undefined;
  const ended = child.then(() => {
    over = true;
    return gatewayOutput(last);
  });

  return {
    ended,
    async ready(client, timeoutMs) {
      const deadline = Date.now() + timeoutMs;
      let outcome: ProbeOutcome = 'no answer';
      let failingSince: number | undefined;
      while (Date.now() < deadline && !over) {
        outcome = await probeGateway(wsPort, client, PROBE_TIMEOUT_MS);
        if (outcome === 'acknowledged') return;
        failingSince = HANDLER_FAILED.has(outcome) ? (failingSince ?? Date.now()) : undefined;
        if (failingSince !== undefined && Date.now() - failingSince > HANDLER_PATIENCE_MS) break;
        await sleep(PROBE_INTERVAL_MS);
      }
      const came = over ? 'it ended' : outcome;
      const output = gatewayOutput(last);
      throw new TablecastError(
        'LOCAL_STACK',
        `expected the gateway to acknowledge a WebSocket on port ${wsPort}, got: ${came}. It printed:\n${output}`,
      );
    },
    stop() {
      stopped ??= stopGroup(child, STOP_GRACE_MS).then(async () => {
        await ended;
        if (pid !== undefined) groups.remove(pid);
      });
      return stopped;
    },
  };
}
