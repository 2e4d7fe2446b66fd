/** The allow-list the tricks are tried on. */
export const ALLOWED = ['https://app.example.com', 'http://localhost:5173'];

/** What a page of somebody else could send as `Origin`, or make a browser send; each list is the headers of one upgrade. */
export const TRICKS: readonly (readonly [what: string, origins: readonly string[]])[] = [
  ['null, as sandboxed frames and files send it', ['null']],
  ['empty', ['']],
  ['another site', ['https://evil.example']],
  ['a host that ends alike', ['https://evilapp.example.com']],
  ['a host that begins alike', ['https://app.example.com.evil.example']],
  ['a subdomain of it', ['https://x.app.example.com']],
  ['its parent', ['https://example.com']],
  ['another scheme', ['http://app.example.com']],
  ['a WebSocket scheme', ['wss://app.example.com']],
  ['another port', ['https://app.example.com:8443']],
  ['the default port, which no browser sends', ['https://app.example.com:443']],
  ['a dot at the end', ['https://app.example.com.']],
  ['a slash at the end', ['https://app.example.com/']],
  ['a path', ['https://app.example.com/path']],
  ['user information', ['https://app.example.com@evil.example']],
  ['user information before it', ['https://evil@app.example.com']],
  ['a backslash', ['https://evil.example\\app.example.com']],
  ['a fragment', ['https://evil.example#https://app.example.com']],
  ['a query', ['https://evil.example?https://app.example.com']],
  ['a list with a comma', ['https://app.example.com, https://evil.example']],
  ['a list with a space, as RFC 6454 allows', ['https://app.example.com https://evil.example']],
  ['two headers, the right one first', ['https://app.example.com', 'https://evil.example']],
  ['two headers, the right one last', ['https://evil.example', 'https://app.example.com']],
  ['two headers, the same twice', ['https://app.example.com', 'https://app.example.com']],
  ['a space before it', [' https://app.example.com']],
  ['a space after it', ['https://app.example.com ']],
  ['a tab', ['https://app.example.com\t']],
  ['a NUL', ['https://app.example.com\u0000']],
  ['a line break', ['https://app.example.com\r\nOrigin: https://evil.example']],
  ['a percent sign', ['https://app%2eexample.com']],
  ['a full-width dot', ['https://app．example.com']],
  ['a zero-width space', ['http://l\u200bocalhost:5173']],
  ['a letter that looks alike', ['https://аpp.example.com']],
  ['a wildcard', ['*']],
  ['a wildcard for the host', ['https://*.example.com']],
  ['a regular expression', ['https://app.example.com|.*']],
  ['no port where one is listed', ['http://localhost']],
  ['another way to say localhost', ['http://127.0.0.1:5173']],
  ['the name of what every object has', ['__proto__']],
  ['another one', ['constructor']],
];

/** Those that are to be let in. */
export const GOOD: readonly (readonly [what: string, origins: readonly string[]])[] = [
  ['the first that is listed', ['https://app.example.com']],
  ['the second', ['http://localhost:5173']],
  ['in capitals, which mean the same', ['HTTPS://APP.Example.com']],
];
