/**
 * What AppSync's scalars accept, one check each. All are linear in the length of the text.
 * @see https://docs.aws.amazon.com/appsync/latest/devguide/scalars.html
 */

const OFFSET = '(?:Z|[+-](?:[01]\\d|2[0-3]):[0-5]\\d(?::[0-5]\\d)?)';
const TIME = '(?:[01]\\d|2[0-3]):[0-5]\\d(?::[0-5]\\d(?:\\.\\d{1,9})?)?';
const DATE_TEXT = new RegExp(`^(\\d{4})-(\\d{2})-(\\d{2})${OFFSET}?$`);
const TIME_TEXT = new RegExp(`^${TIME}${OFFSET}?$`);
const DATE_TIME_TEXT = new RegExp(`^(\\d{4}-\\d{2}-\\d{2})T${TIME}${OFFSET}$`);
const EMAIL_TEXT = /^[^\s@]+@[^\s@.]+(?:\.[^\s@.]+)*$/;
const PHONE_TEXT = /^(?:\+?\d|\(\d)(?:[ .()-]*\d){2,14}$/;

/** `YYYY-MM-DD` of a day that exists, with an optional offset. */
export function isDate(text: string): boolean {
  const [, year, month, day] = DATE_TEXT.exec(text) ?? [];
  if (year === undefined || month === undefined || day === undefined) return false;
  const at = new Date(`${year}-${month}-${day}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.getUTCDate() === Number(day);
}

/** `hh:mm`, `hh:mm:ss` or `hh:mm:ss.sss`, with an optional offset. */
export function isTime(text: string): boolean {
  return TIME_TEXT.test(text);
}

/** Date, `T`, time and offset. */
export function isDateTime(text: string): boolean {
  const date = DATE_TIME_TEXT.exec(text)?.[1];
  return date !== undefined && isDate(date);
}

/** `local-part@domain-part`. */
export function isEmail(text: string): boolean {
  return EMAIL_TEXT.test(text);
}

/** 3 to 15 digits, with the usual separators and an optional leading `+`. */
export function isPhone(text: string): boolean {
  return PHONE_TEXT.test(text);
}

/** An absolute URL. */
export function isUrl(text: string): boolean {
  return URL.canParse(text);
}

/** JSON text of any kind of value. */
export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** An IPv4 or IPv6 address, with an optional CIDR prefix length. */
export function isIpAddress(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/');
  if (rest.length > 0) return false;
  if (isIpv4(address)) return isPrefixLength(prefix, 32);
  return isIpv6(address) && isPrefixLength(prefix, 128);
}

function isPrefixLength(text: string | undefined, most: number): boolean {
  return text === undefined || (/^(?:0|[1-9]\d{0,2})$/.test(text) && Number(text) <= most);
}

function isIpv4(text: string): boolean {
  const parts = text.split('.');
  return (
    parts.length === 4 && parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)
  );
}

/** RFC 4291 §2.2: eight groups of hexadecimal digits, `::` once for a run of zeros, IPv4 allowed at the end. */
function isIpv6(text: string): boolean {
  const halves = text.split('::');
  if (halves.length > 2) return false;
  let groups = 0;
  for (const [index, half] of halves.entries()) {
    if (half === '' && halves.length === 2) continue;
    const parts = half.split(':');
    const last = parts.at(-1) ?? '';
    const embedded = index === halves.length - 1 && isIpv4(last);
    const hexadecimal = embedded ? parts.slice(0, -1) : parts;
    if (!hexadecimal.every((part) => /^[\da-f]{1,4}$/i.test(part))) return false;
    groups += hexadecimal.length + (embedded ? 2 : 0);
  }
  return halves.length === 2 ? groups < 8 : groups === 8;
}
