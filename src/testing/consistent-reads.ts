import { addMiddleware, fieldOf, type SdkClient } from './sdk-middleware.ts';

/** A read that a hot path must not do: it could miss a row that is already durable, or costs what a table holds. */
export class HotPathReadError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'HotPathReadError';
  }
}

export interface ConsistentReadsOptions {
  /** Which requests are held to the rule. Default: all. */
  readonly hotPath?: (operation: string, input: object) => boolean;
}

export interface ConsistentReads {
  /** What was refused, also where the caller swallowed the error. */
  readonly violations: readonly string[];
  /** Takes the rule off the client. */
  remove(): void;
}

/**
 * Fails every read of a client that is not strongly consistent on the base table: GetItem, BatchGetItem and Query
 * without `ConsistentRead`, any with `IndexName`, every Scan and every PartiQL statement. Nothing of them is sent.
 */
export function requireConsistentReads(
  client: SdkClient,
  options: ConsistentReadsOptions = {},
): ConsistentReads {
  const { hotPath = () => true } = options;
  const violations: string[] = [];
  const remove = addMiddleware(
    client,
    (next, operation) => async (args) => {
      const fault = faultOf(operation, args.input);
      if (fault && hotPath(operation, args.input)) {
        const message = `expected a strongly consistent read of the base table, got ${operation} ${fault}`;
        violations.push(message);
        throw new HotPathReadError(message);
      }
      return next(args);
    },
    { priority: 'high', purpose: 'consistent-reads' },
  );
  return {
    get violations() {
      return [...violations];
    },
    remove,
  };
}

function faultOf(operation: string, input: object): string | undefined {
  switch (operation) {
    case 'Scan':
      return `of ${String(fieldOf(input, 'TableName'))}`;
    case 'ExecuteStatement':
    case 'BatchExecuteStatement':
    case 'ExecuteTransaction':
      return '(PartiQL)';
    case 'GetItem':
    case 'Query': {
      const index = fieldOf(input, 'IndexName');
      if (index !== undefined) return `on index ${String(index)}`;
      return fieldOf(input, 'ConsistentRead') === true ? undefined : 'without ConsistentRead';
    }
    case 'BatchGetItem': {
      const tables = Object.entries(fieldOf(input, 'RequestItems') ?? {});
      const weak = tables.find(([, keys]) => fieldOf(keys, 'ConsistentRead') !== true);
      return weak && `without ConsistentRead for ${weak[0]}`;
    }
    default:
      return undefined;
  }
}
