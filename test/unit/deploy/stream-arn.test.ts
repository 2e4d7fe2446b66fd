import { describe, expect, test } from '@jest/globals';
import { checkStream, tableNameOfStream } from '../../../src/deploy/stream-arn.ts';

const STREAM = 'arn:aws:dynamodb:eu-west-1:123456789012:table/Orders/stream/2026-11-01T00:00:00.000';

describe('stream ARN', () => {
  test.each([
    [STREAM, 'Orders'],
    ['arn:aws-cn:dynamodb:cn-north-1:123456789012:table/a.b-c_d/stream/2026-11-01T00:00:00.000', 'a.b-c_d'],
    ['arn:aws:dynamodb:ddblocal:000000000000:table/Todos/stream/2026-11-01T00:00:00.000', 'Todos'],
    ['arn:aws:dynamodb:eu-west-1:123456789012:table/Orders', undefined],
    ['arn:aws:kinesis:eu-west-1:123456789012:stream/Orders', undefined],
    ['', undefined],
  ])('%s is of table %s', (arn, name) => {
    expect(tableNameOfStream(arn)).toBe(name);
  });
});

describe('a stream that is off or of the wrong view type', () => {
  const table = { name: 'Orders', region: 'eu-west-1' };

  const problemOf = (description: Parameters<typeof checkStream>[0]) => {
    const stream = checkStream(description);
    return stream.ok ? undefined : stream.problem;
  };

  test('is refused with the command that turns it on', () => {
    expect(problemOf(table)).toContain(
      'aws dynamodb update-table --region eu-west-1 --table-name Orders --stream-specification StreamEnabled=true,StreamViewType=NEW_AND_OLD_IMAGES',
    );
  });

  test.each(['KEYS_ONLY', 'NEW_IMAGE', 'OLD_IMAGE'])(
    '%s is refused with a command that replaces it',
    (viewType) => {
      const problem = problemOf({ ...table, streamArn: STREAM, viewType });
      expect(problem).toContain(`got one of ${viewType}`);
      // A view type cannot be edited: off, settled, on again, in this order.
      expect(problem).toMatch(
        /StreamEnabled=false && aws dynamodb wait table-exists .* StreamEnabled=true,StreamViewType=NEW/s,
      );
    },
  );

  test('NEW_AND_OLD_IMAGES is taken', () => {
    const good = { ...table, streamArn: STREAM, viewType: 'NEW_AND_OLD_IMAGES' };
    expect(checkStream(good)).toEqual({ ok: true, arn: STREAM });
  });
});
