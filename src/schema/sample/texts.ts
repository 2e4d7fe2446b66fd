import { isDate, isDateTime, isEmail, isIpAddress, isPhone, isTime, isUrl } from '../scalar-formats.ts';

/** Scalar → how many texts it would take; see {@link textScalar}. */
export type TextSummary = Map<string, number>;

/** Fewer texts than this may look alike by chance. */
const MIN_TEXTS = 10;

/** Longer texts are none of these, and would only cost time. */
const MAX_LENGTH = 2_048;

/**
 * What a text may be taken for. Stricter than what the scalars accept: any digits are a telephone number to
 * AWSPhone, and any `word:` a URL to AWSURL.
 */
const FORMATS: readonly {
  readonly scalar: string;
  readonly because: string;
  readonly accepts: (text: string) => boolean;
}[] = [
  { scalar: 'AWSDateTime', because: 'dates with time and offset', accepts: isDateTime },
  { scalar: 'AWSDate', because: 'dates', accepts: isDate },
  { scalar: 'AWSTime', because: 'times of day', accepts: isTime },
  { scalar: 'AWSEmail', because: 'e-mail addresses', accepts: isEmail },
  {
    scalar: 'AWSURL',
    because: 'web addresses',
    accepts: (text) => /^https?:\/\//i.test(text) && isUrl(text),
  },
  { scalar: 'AWSIPAddress', because: 'IP addresses', accepts: isIpAddress },
  {
    scalar: 'AWSPhone',
    because: 'telephone numbers',
    accepts: (text) => text.startsWith('+') && isPhone(text),
  },
];

export function createTextSummary(): TextSummary {
  return new Map();
}

export function addText(summary: TextSummary, text: string): void {
  if (text.length > MAX_LENGTH) return;
  for (const { scalar, accepts } of FORMATS) {
    if (accepts(text)) summary.set(scalar, (summary.get(scalar) ?? 0) + 1);
  }
}

/**
 * The scalar whose form every one of `total` texts had, if they were enough to tell; else String.
 */
export function textScalar(summary: TextSummary, total: number): { scalar: string; because: string } {
  const format = FORMATS.find(({ scalar }) => summary.get(scalar) === total);
  if (!format || total < MIN_TEXTS) return { scalar: 'String', because: '' };
  return { scalar: format.scalar, because: `all ${format.because}` };
}
