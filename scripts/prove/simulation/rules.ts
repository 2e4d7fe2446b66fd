/** What a rule's text is replaced by. */
export interface Patch {
  /** Below `src`. */
  readonly file: string;
  /** Must occur exactly once in the file. */
  readonly find: string;
  readonly replace: string;
}

/** A rule of the relay, and the patch of its source that takes it away. */
export interface Rule extends Patch {
  /** In words, as it is printed. */
  readonly name: string;
  /** Which simulation is to notice; `fan-out` is the Lambda path with a fan-out in every seed. */
  readonly path: 'lambda' | 'fan-out' | 'worker';
  /** A second guard of the same rule, in another file: either alone keeps what the rule is for. */
  readonly also?: Patch;
  /** Among the few of the short form. */
  readonly isShort?: true;
}

const CHAINS = 'relay/deliver/chains.ts';
const DELIVER = 'relay/deliver/deliver.ts';
const JUDGE = 'relay/deliver/judge.ts';
const DELIVER_MESSAGES = 'relay/fan-out/deliver-messages.ts';

/** Rules that the Lambda path shows the lack of. */
const LAMBDA_RULES: readonly Rule[] = [
  {
    name: 'the first record that is not done is reported',
    path: 'lambda',
    file: DELIVER,
    find: 'return report.stop ? failedFrom(records, report.stop) : {};',
    replace: 'return {};',
    isShort: true,
  },
  {
    name: 'of several failures the earliest is reported',
    path: 'lambda',
    file: 'relay/deliver/chain-report.ts',
    find: 'if (!report.stop || record < report.stop.record)',
    replace: 'if (!report.stop || record > report.stop.record)',
  },
  {
    name: 'records come again when subscribers cannot be looked up',
    path: 'lambda',
    file: DELIVER,
    find: "return failedFrom(records, { record: 0, reason: 'relay table unavailable' });",
    replace: 'return {};',
  },
  {
    name: 'frames of a connection go out in order',
    path: 'lambda',
    file: CHAINS,
    find: 'for (const owedFrame of owed) {',
    replace: 'for (const owedFrame of [...owed].reverse()) {',
  },
  {
    name: 'who cannot keep up is told',
    path: 'lambda',
    file: CHAINS,
    find: 'report.slow.set(connectionId, {',
    replace: '({ set() {} }).set(connectionId, {',
  },
  {
    name: 'only a connection that is gone is reaped',
    path: 'lambda',
    file: 'relay/deliver/post.ts',
    find: "if (throttled >= settings.throttledAttempts) return { kind: 'slow', detail: 'throttled (429)' };",
    replace: "return { kind: 'gone' };",
    isShort: true,
  },
  {
    name: 'the 410 of a connection just made is asked again',
    path: 'lambda',
    file: 'relay/deliver/post.ts',
    find: 'if (triedYoung || clock.now() - since >= YOUNG_MS) return outcome;',
    replace: 'return outcome;',
  },
  {
    name: 'a change is older than a subscription only when that is certain',
    path: 'lambda',
    file: JUDGE,
    find: 'return change.at + settings.streamGranularityMs + settings.clockSkewMs < activatedAt;',
    replace: 'return change.at < activatedAt;',
  },
  {
    name: 'what is certainly older than a subscription is not sent to it',
    path: 'lambda',
    file: JUDGE,
    find: 'return change.at + settings.streamGranularityMs + settings.clockSkewMs < activatedAt;',
    replace: 'return false;',
  },
  {
    name: 'the whole predicate runs on each candidate',
    path: 'lambda',
    file: JUDGE,
    find: 'const kind = matchKind(field, typed, predicate.test);',
    replace: 'const kind = matchKind(field, typed, () => true);',
    isShort: true,
  },
  {
    name: 'subscribers to changes are found by both images',
    path: 'lambda',
    file: JUDGE,
    find: "if (field.events.has('change')) return [...item, ...previous];",
    replace: "if (field.events.has('change')) return item.length > 0 ? item : previous;",
  },
  {
    name: 'a LEAVE carries nothing of the new image',
    path: 'lambda',
    file: 'relay/deliver/payload-source.ts',
    find: '        item: null,\n        previous: leave',
    replace: '        item: change.newImage,\n        previous: leave',
  },
  {
    name: 'a repeat has the event id of the first delivery',
    path: 'lambda',
    file: 'relay/deliver/payload-source.ts',
    find: '    eventId: change.eventId,\n    sequenceNumber',
    replace: '    eventId: change.eventId + Math.random(),\n    sequenceNumber',
  },
  {
    name: 'candidates are read strongly consistent',
    path: 'lambda',
    file: 'adapters/dynamodb/table.ts',
    find: '          ConsistentRead: true,\n          KeyConditionExpression',
    replace: '          KeyConditionExpression',
    isShort: true,
  },
  {
    name: 'every page of a query is read',
    path: 'lambda',
    file: 'adapters/dynamodb/table.ts',
    find: '} while (start);',
    replace: '} while (false);',
  },
  {
    name: 'unprocessed items of a batch are sent again',
    path: 'lambda',
    file: 'adapters/dynamodb/batch.ts',
    find: 'left = (UnprocessedItems?.[table.name] ?? []).flatMap(',
    replace: 'left = [].flatMap(',
  },
  {
    name: 'a subscription is acknowledged only when it still stands after its writes',
    path: 'lambda',
    file: 'adapters/dynamodb/standing.ts',
    find: "  if (!sub || textOf(sub, 'nonce') !== own.nonce || isEnded(sub)) return 'completed';",
    replace: "  if (!sub || textOf(sub, 'nonce') !== own.nonce || isEnded(sub)) return 'active';",
  },
  {
    name: 'a completed subscription loses its rows',
    path: 'lambda',
    file: 'adapters/dynamodb/complete.ts',
    find: '  await deletePlaces(table, connectionId, row);\n  await bumpVersions(',
    replace: '  await bumpVersions(',
  },
  {
    name: 'a shape is written before the rows that use it',
    path: 'lambda',
    file: 'adapters/dynamodb/subscribe.ts',
    find: 'await Promise.all([documents.keep(subscription), shapes.keep(subscription, placements)]);',
    replace: 'await documents.keep(subscription);',
  },
  {
    name: 'whoever holds rows of a filter key in memory hears of a new one before it is acknowledged',
    path: 'lambda',
    file: 'adapters/dynamodb/subscribe.ts',
    find: "if (standing === 'active') await bumpExisting(table, versions, textsOf(row, 'places'));",
    replace: "if (standing === 'active') {}",
  },
];

/** Rules that the Lambda path with a fan-out shows the lack of. */
const FAN_OUT_RULES: readonly Rule[] = [
  {
    name: 'what waits in the queue is not overtaken',
    path: 'fan-out',
    file: 'relay/fan-out/hand-over.ts',
    find: 'lanes = await fanOut.store.outstanding(tables);',
    replace: 'lanes = undefined;',
  },
  {
    name: 'a message counts as waiting until all of it was delivered',
    path: 'fan-out',
    file: DELIVER_MESSAGES,
    find: '    const report = await sendChains(context, opened.owed, within);',
    replace:
      '    await forget(context, store, opened.messages.map(({ token }) => token));\n    const report = await sendChains(context, opened.owed, within);',
  },
  {
    name: 'the number of lanes stays while something waits',
    path: 'fan-out',
    file: 'relay/fan-out/hand-over.ts',
    find: 'lanes: lanes ?? fanOut.lanes',
    replace: 'lanes: fanOut.lanes',
    also: {
      file: 'relay/fan-out/outbox.ts',
      find: 'if (isPatient && (await store.laneCounts(tables)).size > 1) {',
      replace: 'if (false as boolean) {',
    },
  },
  {
    name: 'of a group all messages from the first that failed come again',
    path: 'fan-out',
    file: DELIVER_MESSAGES,
    find: 'return group.slice(done.length).map(({ id }) => id);',
    replace: 'return group.slice(done.length, done.length + 1).map(({ id }) => id);',
  },
  {
    name: 'whose frames a dead letter held is told',
    path: 'fan-out',
    file: 'relay/fan-out/lost.ts',
    find: 'const rows = message.rows.filter(({ expiresAt }) => expiresAt * 1_000 > clock.now());',
    replace: 'const rows = message.rows.slice(0, 0);',
  },
];

/** Rules that the worker shows the lack of. */
const WORKER_RULES: readonly Rule[] = [
  {
    name: 'a checkpoint is written after delivery',
    path: 'worker',
    file: 'adapters/dynamodb-streams/deliver-batch.ts',
    find: '    const done = await tryOnce(batch, deps);\n',
    replace:
      '    if (batch.at(-1)) await deps.delivered(batch.at(-1));\n    const done = await tryOnce(batch, deps);\n',
    isShort: true,
  },
  {
    name: 'only what is done of a page is checkpointed',
    path: 'worker',
    file: 'adapters/dynamodb-streams/deliver-batch.ts',
    find: 'const done = doneCount(records, response);',
    replace: 'const done = records.length;',
  },
  {
    name: 'children begin at TRIM_HORIZON',
    path: 'worker',
    file: 'adapters/dynamodb-streams/shard-place.ts',
    find: "const atLatest = place.kind === 'since' && latest;",
    replace: "const atLatest = place.kind !== 'end';",
  },
  {
    name: 'parents are read to their end before children',
    path: 'worker',
    file: 'adapters/dynamodb-streams/shards.ts',
    find: 'shards\n      .filter((shard) => !ended(shard.id) && parentsEnded(shard))',
    replace: 'shards\n      .filter((shard) => !ended(shard.id))',
    isShort: true,
  },
  {
    name: 'the closing page is delivered',
    path: 'worker',
    file: 'adapters/dynamodb-streams/read-shard.ts',
    find: 'const records = page.Records ?? [];',
    replace: 'const records = page.NextShardIterator === undefined ? [] : (page.Records ?? []);',
  },
  {
    name: 'DescribeStream is read to its last page',
    path: 'worker',
    file: 'adapters/dynamodb-streams/shards.ts',
    find: 'after = description?.LastEvaluatedShardId;',
    replace: 'after = undefined;',
  },
  {
    name: 'after an expired iterator reading goes on behind the last delivery',
    path: 'worker',
    file: 'adapters/dynamodb-streams/shard-place.ts',
    find: "if (place.kind === 'after') {",
    replace: "if (place.kind === 'after' && false) {",
  },
  {
    name: 'a dead worker’s lease is taken',
    path: 'worker',
    file: 'adapters/dynamodb-streams/lease-plan.ts',
    find: 'if (lease.owner !== undefined) return expired;',
    replace: 'if (lease.owner !== undefined) return false;',
  },
  {
    name: 'a lease is taken only once it has expired',
    path: 'worker',
    file: 'adapters/dynamodb-streams/lease-plan.ts',
    find: 'const expired = unchangedMs >= lease.leaseMs;',
    replace: 'const expired = true;',
  },
  {
    name: 'a checkpoint needs the lease',
    path: 'worker',
    file: 'adapters/dynamodb/leases.ts',
    find: "  text: '#owner = :owner AND #token = :token',",
    replace: "  text: 'attribute_exists(#pk) OR (#owner = :owner AND #token = :token)',",
  },
  {
    name: 'a lease that cannot be renewed is not relied on',
    path: 'worker',
    file: 'adapters/dynamodb-streams/holding.ts',
    find: 'if (end === undefined && clock.monotonic() - renewedAt > fenceMs) {',
    replace: 'if (false) {',
  },
];

export const RULES: readonly Rule[] = [...LAMBDA_RULES, ...FAN_OUT_RULES, ...WORKER_RULES];
