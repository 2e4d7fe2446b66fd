/**
 * What a program may import from `tablecast`: reading a schema, and the errors it gives. Handlers are deployed by
 * `serverless.cjs`, test tools are in `tablecast/testing`, commands in the `tablecast` executable.
 */
export {
  type ErrorCode,
  SchemaError,
  type SchemaProblem,
  type SourcePlace,
  TablecastError,
} from './errors.ts';
export { loadModel } from './schema/load.ts';
export type {
  EntityCondition,
  FieldKind,
  FieldModel,
  Model,
  SubscriptionEvent,
  SubscriptionField,
  TableType,
} from './schema/model.ts';
