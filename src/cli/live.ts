/** How what is said of a schema's rules begins. */
export const RULES_WARNING = 'warning: ';

/**
 * Turns the log lines of handlers and readers (one JSON object each, DESIGN: names and counts, never values) into
 * what a person wants to know: what was delivered, and if nothing was, why.
 * @returns the text for a line, or undefined when it is of no interest
 */
export function describeLine(line: string): string | undefined {
  const entry = parse(line);
  if (!entry) return undefined;
  switch (entry['event']) {
    case 'delivery.change':
      return change(entry);
    case 'delivery.decision':
      return decision(entry);
    case 'stream.batch':
      return batch(entry);
    case 'subscription.started':
      return entry['outcome'] === 'active' ? `subscribed: ${text(entry['field'])}` : undefined;
    case 'connection.refused':
      return `a connection was refused: ${refusal(text(entry['reason']))}`;
    case 'http.refused':
      return `an HTTP request was refused: ${text(entry['reason'])}`;
    case 'frame.invalid':
      return `a frame was refused: ${text(entry['reason'])}`;
    case 'connection.flooded':
      return `a connection sent more than ${count(entry['framesPerMinute'])} frames a minute: it was refused, and all it ran has ended`;
    case 'operation.failed':
      return `an operation failed, and its client was told of error ${text(entry['errorId'])}: ${reasonOf(entry)}`;
    case 'reader.stream_off':
    case 'reader.stream_unusable':
      return `nothing can arrive from ${text(entry['table'])}: its stream is off or of the wrong view type. ${text(entry['detail'])}`.trim();
    case 'reader.shard_error':
    case 'reader.describe_error':
    case 'reader.resolve_error':
      return isWarning(entry)
        ? `the stream of ${text(entry['table'])} cannot be read, and is tried until it can: ${text(entry['detail'])}`
        : undefined;
    case 'reader.recovered':
      return `the stream of ${text(entry['table'])} is read again`;
    case 'reader.gap':
      return `changes of ${text(entry['table'])} were lost: ${text(entry['msg'])}`;
    case 'reader.batch_failed':
      return `the stream handler failed and gets the batch again: ${text(entry['detail'])}`;
    case 'access.no_rules':
    case 'access.no_default':
    case 'access.no_mode':
    case 'access.issuers':
      return `${RULES_WARNING}${text(entry['msg'])}`;
    default:
      return isWarning(entry) ? `${text(entry['event'])}: ${reasonOf(entry)}` : undefined;
  }
}

/** Of a page that is not listed the log has one word. */
function refusal(reason: string): string {
  return reason === 'origin'
    ? 'expected a page of custom.tablecast.origins, got another origin or none'
    : reason;
}

type Entry = Readonly<Record<string, unknown>>;

function parse(line: string): Entry | undefined {
  // serverless-offline may put words of its own before what a handler printed.
  const start = line.indexOf('{');
  if (start < 0) return undefined;
  try {
    const value: unknown = JSON.parse(line.slice(start));
    return typeof value === 'object' && value !== null
      ? Object.fromEntries(Object.entries(value))
      : undefined;
  } catch {
    return undefined;
  }
}

function change(entry: Entry): string {
  const what = `${text(entry['eventName'])} in ${text(entry['table'])}`;
  const candidates = count(entry['candidates']);
  const matched = count(entry['matched']);
  if (matched > 0) return `${what}: matched ${subscriptions(matched)} (${fieldCounts(entry['fields'])})`;
  if (count(entry['shapes']) === 0) return `${what}: nobody subscribes to it`;
  if (candidates === 0)
    return `${what}: no subscriber asks for these values (compared: arguments, filter equalities and rules)`;
  return `${what}: ${subscriptions(candidates)} looked at, and no filter matched`;
}

/** With `TABLECAST_EXPLAIN_LOG=on`: one subscription, and what the change is to it. */
function decision(entry: Entry): string {
  const clauses = Array.isArray(entry['clauses']) ? entry['clauses'].map(text).join(', ') : '';
  const reason = [text(entry['reason']), clauses].filter((words) => words !== '').join(': ');
  return `  ${text(entry['field'])} of ${text(entry['connectionId'])}: ${text(entry['verdict'])} (${reason})`;
}

function batch(entry: Entry): string | undefined {
  const parts = [
    part(entry['sent'], 'delivered'),
    part(entry['gone'], 'gone'),
    part(entry['slow'], 'too slow'),
    part(entry['tooLarge'], 'too large'),
  ].filter((words) => words !== undefined);
  if (entry['failedFrom'] !== undefined) parts.push(`stopped (${text(entry['reason'])}), to be tried again`);
  return parts.length === 0 ? undefined : `  ${parts.join(', ')} in ${count(entry['ms'])} ms`;
}

function part(value: unknown, words: string): string | undefined {
  return count(value) > 0 ? `${count(value)} ${words}` : undefined;
}

function subscriptions(number: number): string {
  return number === 1 ? '1 subscription' : `${number} subscriptions`;
}

function fieldCounts(fields: unknown): string {
  if (typeof fields !== 'object' || fields === null) return '';
  return Object.entries(fields)
    .map(([field, number]) => `${field}${number === 1 ? '' : ` ×${number}`}`)
    .join(', ');
}

function isWarning(entry: Entry): boolean {
  return typeof entry['event'] === 'string' && ['warn', 'error', 'fatal'].includes(text(entry['level']));
}

function reasonOf(entry: Entry): string {
  const error = entry['err'];
  const isObject = typeof error === 'object' && error !== null;
  const message = isObject && 'message' in error ? error.message : undefined;
  // Where messages of errors are not logged, its class is all there is.
  const type = isObject && 'type' in error ? error.type : undefined;
  return [entry['detail'], message, entry['msg'], type].map(text).find((words) => words !== '') ?? '';
}

function count(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
