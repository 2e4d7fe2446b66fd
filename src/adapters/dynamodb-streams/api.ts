import {
  DescribeStreamCommand,
  type DescribeStreamInput,
  type DescribeStreamOutput,
  type DynamoDBStreamsClient,
  GetRecordsCommand,
  type GetRecordsInput,
  type GetRecordsOutput,
  GetShardIteratorCommand,
  type GetShardIteratorInput,
  type GetShardIteratorOutput,
  ListStreamsCommand,
  type ListStreamsInput,
  type ListStreamsOutput,
} from '@aws-sdk/client-dynamodb-streams';

/** The calls of DynamoDB Streams a reader makes. Errors are the SDK's, told apart by `name`. */
export interface StreamsApi {
  describeStream(input: DescribeStreamInput, signal: AbortSignal): Promise<DescribeStreamOutput>;
  getShardIterator(input: GetShardIteratorInput, signal: AbortSignal): Promise<GetShardIteratorOutput>;
  getRecords(input: GetRecordsInput, signal: AbortSignal): Promise<GetRecordsOutput>;
  /** Without it a stream that was switched on and off again while another was read is not known of. */
  listStreams?(input: ListStreamsInput, signal: AbortSignal): Promise<ListStreamsOutput>;
}

/**
 * The calls on a real client. The client should have a request time-out and few attempts of its own: the reader
 * backs off and tries again for as long as it runs.
 */
export function streamsApi(client: DynamoDBStreamsClient): StreamsApi {
  return {
    describeStream: (input, abortSignal) => client.send(new DescribeStreamCommand(input), { abortSignal }),
    getShardIterator: (input, abortSignal) =>
      client.send(new GetShardIteratorCommand(input), { abortSignal }),
    getRecords: (input, abortSignal) => client.send(new GetRecordsCommand(input), { abortSignal }),
    listStreams: (input, abortSignal) => client.send(new ListStreamsCommand(input), { abortSignal }),
  };
}

/** What an error of DynamoDB Streams means to a reader. Everything not named is worth another try. */
export type StreamsFault = 'expired-iterator' | 'trimmed' | 'not-found' | 'transient';

/**
 * Sorts an error by its name.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_GetRecords.html#API_streams_GetRecords_Errors
 */
export function streamsFault(error: unknown): StreamsFault {
  const name = error instanceof Error ? error.name : '';
  if (name === 'ExpiredIteratorException') return 'expired-iterator';
  if (name === 'TrimmedDataAccessException') return 'trimmed';
  if (name === 'ResourceNotFoundException') return 'not-found';
  // DynamoDB Local says this of an iterator it does not know; a new iterator is the cure.
  if (name === 'ValidationException') return 'expired-iterator';
  return 'transient';
}
