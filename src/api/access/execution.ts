import type { Reader } from '../../auth/access.ts';
import type { TableType } from '../../schema/model.ts';
import type { TableOperations } from '../table-operations.ts';

/** What the fields of Query and Mutation need of one execution, and no resolver of a project's is given. */
export interface Execution {
  readonly reader: Reader;
  operationsOf(type: TableType): TableOperations;
}

const executions = new WeakMap<object, Execution>();

/** Binds an execution to its context value, and returns that. */
export function executing<Context extends object>(context: Context, execution: Execution): Context {
  executions.set(context, execution);
  return context;
}

/** @throws TypeError for a context value that is none of `Api.contextFor` */
export function executionOf(context: object): Execution {
  const execution = executions.get(context);
  if (!execution) throw new TypeError('expected a context made by contextFor, got another');
  return execution;
}
