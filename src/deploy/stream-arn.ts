/**
 * Real table name in a stream ARN, `arn:PARTITION:dynamodb:REGION:ACCOUNT:table/NAME/stream/LABEL`; undefined when the
 * text is no such ARN.
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
 */
export function tableNameOfStream(arn: string): string | undefined {
  return /^arn:[\w-]+:dynamodb:[\w-]*:\d*:table\/([\w.-]{3,255})\/stream\/\S+$/.exec(arn)?.[1];
}

/** What DescribeTable says of a table's stream. */
export interface StreamDescription {
  readonly name: string;
  readonly region: string;
  readonly streamArn?: string;
  /** KEYS_ONLY, NEW_IMAGE, OLD_IMAGE or NEW_AND_OLD_IMAGES; absent when the stream is off. */
  readonly viewType?: string;
}

/** A stream that can be read, or why it cannot be, with the one command that mends it. */
export type StreamCheck =
  | { readonly ok: true; readonly arn: string }
  | { readonly ok: false; readonly problem: string };

/**
 * The stream of a table, if it has both images.
 *
 * A view type cannot be edited: the stream has to be turned off and on again, which ends it for its other readers.
 */
export function checkStream({ name, region, streamArn, viewType }: StreamDescription): StreamCheck {
  const update = `aws dynamodb update-table --region ${region} --table-name ${name} --stream-specification`;
  const on = `${update} StreamEnabled=true,StreamViewType=NEW_AND_OLD_IMAGES`;
  const expected = `Table ${name}: expected a stream of NEW_AND_OLD_IMAGES`;
  if (streamArn === undefined || viewType === undefined) {
    return { ok: false, problem: `${expected}, but its stream is off. Turn it on with\n  ${on}` };
  }
  if (viewType === 'NEW_AND_OLD_IMAGES') return { ok: true, arn: streamArn };
  const wait = `aws dynamodb wait table-exists --region ${region} --table-name ${name}`;
  return {
    ok: false,
    problem:
      `${expected}, got one of ${viewType}. A view type cannot be changed, so the stream has to be replaced (it gets ` +
      `a new ARN, and its other readers have to be pointed there):\n  ${update} StreamEnabled=false && ${wait} && ${on}`,
  };
}

/** {@link checkStream} for those who have the stream already: what is wrong with it, if anything. */
export function streamProblem(description: StreamDescription): string | undefined {
  const stream = checkStream(description);
  return stream.ok ? undefined : stream.problem;
}
