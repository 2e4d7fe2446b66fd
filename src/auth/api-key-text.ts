import { TablecastError } from '../errors.ts';
import { type ApiKeyEntry, apiKeyHash } from './api-keys.ts';

/**
 * Reads one key as a project writes it: `key`, or `key;expires=2027-06-30` with a date or an ISO 8601 time, which is
 * UTC unless it says otherwise. A date means its first moment: the key is good until the day begins. Space around it
 * does not count. The key itself cannot hold a `;`: one is taken for a misspelt expiry.
 * @throws TablecastError `CONFIG_INVALID`; the message repeats nothing of the text
 */
export function parseApiKey(text: string): ApiKeyEntry {
  const [key = '', ...rest] = text.split(';').map((part) => part.trim());
  if (key === '') throw invalid('no key');
  const hash = apiKeyHash(key);
  const [option] = rest;
  if (option === undefined) return { hash };
  if (rest.length > 1 || !option.startsWith('expires=')) throw invalid('a ";" with something else after it');
  const expiresAt = epochSeconds(option.slice('expires='.length));
  if (expiresAt === undefined) throw invalid('an expiry that is no such date or time');
  return { hash, expiresAt };
}

/** An entry as `TABLECAST_API_KEY_HASHES` holds it: `hash`, or `hash@epochSeconds`. */
export function apiKeyEntryText({ hash, expiresAt }: ApiKeyEntry): string {
  return expiresAt === undefined ? hash : `${hash}@${expiresAt}`;
}

/**
 * Reads `TABLECAST_API_KEY_HASHES`: entries of {@link apiKeyEntryText}, parted by commas; empty ones do not count.
 * @throws TablecastError `CONFIG_INVALID` naming the place; somebody may have put the key itself there, so that the
 * message repeats nothing
 */
export function parseApiKeyEntries(text: string): readonly ApiKeyEntry[] {
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .map((entry, index) => {
      const [, hash, expiresAt] = /^([0-9a-f]{64})(?:@(\d{1,12}))?$/i.exec(entry) ?? [];
      if (hash === undefined) {
        throw new TablecastError(
          'CONFIG_INVALID',
          `TABLECAST_API_KEY_HASHES, entry ${index + 1}: expected 64 hex digits (the SHA-256 of the key), ` +
            `or these and @ and the expiry in epoch seconds, got ${entry.length} other characters`,
        );
      }
      return { hash: hash.toLowerCase(), ...(expiresAt !== undefined && { expiresAt: Number(expiresAt) }) };
    });
}

const TIME = /^(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|[+-]\d{2}:\d{2})?)?$/;

function epochSeconds(text: string): number | undefined {
  const [, date, time = '00:00', zone = 'Z'] = TIME.exec(text) ?? [];
  if (date === undefined) return undefined;
  const midnight = Date.parse(`${date}T00:00Z`);
  // Date takes February 30 for March 2.
  if (Number.isNaN(midnight) || !new Date(midnight).toISOString().startsWith(date)) return undefined;
  const moment = Date.parse(`${date}T${time}${zone}`);
  return Number.isNaN(moment) || moment < 0 ? undefined : Math.floor(moment / 1000);
}

function invalid(got: string): TablecastError {
  return new TablecastError(
    'CONFIG_INVALID',
    `API key: expected a key, or a key and ";expires=2027-06-30" (a date or an ISO time, UTC), got ${got}`,
  );
}
