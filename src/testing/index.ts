/**
 * `tablecast/testing`: fakes with the real failure tables, for testing a relay and what is built on it. Each is described
 * with an example in docs/testing.md.
 */
export { type BatchVerdict, judgeResponse } from './batch-response.ts';
export { createVirtualClock, type VirtualClock } from './clock.ts';
export type { ClosedWhy, ConnectionCuts } from './connection-cuts.ts';
export {
  CONNECTION_OUTCOMES,
  type ConnectionOutcome,
  type ConnectionOutcomeName,
  type ConnectionReply,
  type ConnectionStatus,
  slow,
} from './connection-outcomes.ts';
export type { PostAttempt } from './connection-state.ts';
export {
  createFakeConnections,
  type FakeConnections,
  type FakeConnectionsOptions,
  MAX_MESSAGE_BYTES,
} from './connections.ts';
export type { ConnectionsServer, ListenOptions } from './connections-server.ts';
export {
  type ConsistentReads,
  type ConsistentReadsOptions,
  HotPathReadError,
  requireConsistentReads,
} from './consistent-reads.ts';
export {
  type DynamoDBLocal,
  type DynamoDBLocalOptions,
  LOCAL_CREDENTIALS,
  LOCAL_REGION,
  startDynamoDBLocal,
} from './dynamodb-local.ts';
export { DynamoDBTable, type DynamoDBTableOptions, type TableRow, type TableStep } from './dynamodb-table.ts';
export {
  createEventSourceMapping,
  type EventSourceMapping,
  type EventSourceMappingOptions,
  type EventSourceMappingReport,
  type EventSourceMappingSettings,
  type StreamRecord,
} from './event-source-mapping.ts';
export { createFakeStreams } from './fake-streams.ts';
export { type FaultKind, type FaultOptions, type Faults, injectFaults } from './faults.ts';
export type { InvocationContext, InvocationFaults, StreamHandler } from './invocation.ts';
export type { DiscardCondition, OnFailureMessage } from './on-failure.ts';
export { createSeededRandom, type SeededRandom } from './random.ts';
export { countRequests, type RequestCount, type RequestCounts } from './request-counts.ts';
export type { SdkClient } from './sdk-middleware.ts';
export type {
  FakeShardState,
  FakeStreams,
  FakeStreamsOptions,
  FakeTableOptions,
  LineageViolation,
  PageFaults,
  ShardRead,
  StreamChange,
  StreamFaultKind,
  StreamImage,
  StreamOperation,
  WrittenRecord,
} from './stream-options.ts';
export type { TokenBucketOptions } from './token-bucket.ts';
