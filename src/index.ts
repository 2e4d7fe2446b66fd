/**
 * What a program may import from `tablecast`: the types of `resolvers.ts`, reading a schema, and the errors it gives.
 * `tablecast/publish` delivers events from any program. Handlers are deployed by `serverless.cjs`, test tools are in
 * `tablecast/testing`, commands in the `tablecast` executable.
 */
export type {
  ConnectionStore,
  Item,
  OperationContext,
  Publish,
  PublishReport,
  TableClient,
} from './api/ports.ts';
export type { Claims, Identity } from './auth/identity.ts';
export {
  type ErrorCode,
  SchemaError,
  type SchemaProblem,
  type SourcePlace,
  TablecastError,
} from './errors.ts';
export type { ConnectRequest, Hooks, OperationEvent, Project, Resolvers } from './project.ts';
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
