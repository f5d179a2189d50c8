import fc from 'fast-check';
import t from 'tap';
import { authorizationHeader, encodePath } from '../../src/pagerduty/client.js';
import {
  PagerDutyInvalidResponseError,
  PagerDutyResponseError,
  PagerDutyTimeoutError,
  PagerDutyUnreachableError,
} from '../../src/pagerduty/errors.js';
import { readErrorBody } from '../../src/pagerduty/read-error-body.js';
import { isTransient, retryAfterMs } from '../../src/pagerduty/retry.js';

/** Any text, half surrogates and control characters included. */
const anyText = fc
  .array(fc.oneof(fc.integer({ min: 0, max: 0x7f }), fc.integer({ min: 0, max: 0xffff })), { maxLength: 30 })
  .map((units) => String.fromCharCode(...units));

t.test('a value stays in its segment of the path, whatever it is', async (t) => {
  fc.assert(
    fc.property(
      anyText.filter((text) => text !== '' && text !== '.' && text !== '..'),
      (id) => {
        const url = new URL(`http://host${encodePath('/incidents/{id}/notes', { id })}`);
        const [empty, incidents, segment = '', notes, ...more] = url.pathname.split('/');
        t.strictSame(
          [empty, incidents, decodeURIComponent(segment), notes, more, url.search, url.hash],
          ['', 'incidents', id.toWellFormed(), 'notes', [], '', ''],
        );
      },
    ),
    {
      examples: [
        ['a/b'],
        ['../users'],
        ['..\\users'],
        ['%2e%2e'],
        ['.%2e'],
        ['...'],
        ['?a=b#c'],
        ['\t'],
        ['\r\n'],
        [' '],
        ['{id}'],
        ['$&'],
        ['@host:1'],
        ['\ud83d'],
        ['\ude00x'],
        ['__proto__'],
      ],
    },
  );
});

t.test('a value that no encoding keeps in its segment is refused by name', async (t) => {
  for (const id of ['', '.', '..']) {
    t.throws(
      () => encodePath('/users/{id}', { id }),
      new RangeError(`id: expected a value that can be a path segment, got ${JSON.stringify(id)}`),
    );
  }
  t.throws(() => encodePath('/users/{id}', {}), RangeError);
  t.equal(encodePath('/users', { id: '' }), '/users', 'what the template does not name does not matter');
  t.equal(encodePath('/a/{one}/b/{two}', { one: '1', two: '{one}' }), '/a/1/b/%7Bone%7D');
});

t.test('an API key and a token are written as PagerDuty wants each', async (t) => {
  t.equal(authorizationHeader({ scheme: 'Token', key: 'u+abc' }), 'Token token=u+abc');
  t.equal(authorizationHeader({ scheme: 'Bearer', key: 'pdus+_0X' }), 'Bearer pdus+_0X');
});

t.test('an error body is read in every shape that PagerDuty has been seen to send', async (t) => {
  const shapes: ReadonlyArray<readonly [body: unknown, read: object]> = [
    [
      { error: { code: 2001, message: 'Invalid Input Provided', errors: ['A is wrong.', 'B too.'] } },
      { code: 2001, message: 'Invalid Input Provided', errors: ['A is wrong.', 'B too.'] },
    ],
    [
      { error: { code: 2001, message: 'No', errors: 'A is wrong.' } },
      { code: 2001, message: 'No', errors: ['A is wrong.'] },
    ],
    [{ error: { message: 'No' } }, { message: 'No', errors: [] }],
    [{ error: { code: '2001', message: 7, errors: [1, null, '', 'A', {}] } }, { errors: ['A'] }],
    [{ error: { code: 1.5 } }, { errors: [] }],
    [{ error: 'Not Found' }, { errors: ['Not Found'] }],
    [{ error: ['Not Found', 'Really'] }, { errors: ['Not Found', 'Really'] }],
    [{ error: null, message: 'ignored' }, { errors: [] }],
    [
      { status: 'invalid event', message: 'Event object is invalid', errors: ['Invalid routing key'] },
      { message: 'Event object is invalid', errors: ['Invalid routing key'] },
    ],
    [
      { status: 'throttle exceeded', message: 'Slow down' },
      { message: 'Slow down', errors: [] },
    ],
    [{}, { errors: [] }],
    [[], { errors: [] }],
    [['Not Found'], { errors: [] }],
    ['Not Found', { errors: [] }],
    [null, { errors: [] }],
    [0, { errors: [] }],
  ];
  for (const [body, read] of shapes) t.strictSame(readErrorBody(JSON.stringify(body), 'the-key'), read);
  for (const body of [
    '',
    ' ',
    '<html><h1>502 Bad Gateway</h1></html>',
    'Not Found',
    '{"error":{"code":2001',
    '\u0000',
  ]) {
    t.strictSame(readErrorBody(body, 'the-key'), { errors: [] });
  }
});

t.test('what an error body says is kept short and on one line', async (t) => {
  const long = 'x'.repeat(1_000);
  const read = readErrorBody(
    JSON.stringify({
      error: { message: `a\r\n\tb${long}`, errors: Array.from({ length: 50 }, (_, i) => `${i}\u0000${long}`) },
    }),
    'the-key',
  );
  t.equal(read.message, `a b${'x'.repeat(297)}`);
  t.equal(read.errors.length, 10);
  t.equal(read.errors[9], `9 ${'x'.repeat(298)}`);
});

t.test('a key that an error body repeats does not come out of it, however it is escaped', async (t) => {
  t.strictSame(readErrorBody('{"error":{"message":"bad ab\\/cd","errors":"ab/cd"}}', 'ab/cd'), {
    message: 'bad (redacted)',
    errors: ['(redacted)'],
  });
});

t.test('reading an error body never fails', async () => {
  const shaped = fc.record(
    { error: fc.jsonValue(), code: fc.jsonValue(), message: fc.jsonValue(), errors: fc.jsonValue() },
    { requiredKeys: [] },
  );
  const json = fc.oneof(
    fc.jsonValue(),
    shaped,
    shaped.map((error) => ({ error })),
  );
  fc.assert(
    fc.property(
      fc.oneof(
        json.map((value) => JSON.stringify(value)),
        anyText,
      ),
      (text) => {
        const { code, message, errors } = readErrorBody(text, 'the-key');
        const said = message === undefined ? errors : [message, ...errors];
        return (
          (code === undefined || Number.isSafeInteger(code)) &&
          errors.length <= 10 &&
          said.every((one) => one !== '' && one.length <= 300 && !/\p{Cc}/u.test(one))
        );
      },
    ),
    { numRuns: 500 },
  );
});

t.test('every status of PagerDuty’s becomes a code and a status of ours', async (t) => {
  const mapping: ReadonlyArray<readonly [status: number, code: string, statusCode: number]> = [
    [400, 'pagerduty_rejected', 400],
    [401, 'pagerduty_unauthorized', 401],
    [402, 'pagerduty_plan_limit', 402],
    [403, 'pagerduty_forbidden', 403],
    [404, 'pagerduty_not_found', 404],
    [405, 'pagerduty_rejected', 400],
    [408, 'pagerduty_timeout', 504],
    [409, 'pagerduty_rejected', 400],
    [413, 'pagerduty_too_large', 413],
    [422, 'pagerduty_rejected', 400],
    [429, 'pagerduty_rate_limited', 429],
    [499, 'pagerduty_rejected', 400],
    [500, 'pagerduty_error', 502],
    [502, 'pagerduty_error', 502],
    [503, 'pagerduty_unavailable', 503],
    [504, 'pagerduty_error', 502],
    [302, 'pagerduty_error', 502],
  ];
  for (const [status, code, statusCode] of mapping) {
    const error = new PagerDutyResponseError(status, { errors: [] }, undefined);
    t.match(
      error,
      {
        pagerDutyStatus: status,
        code: new RegExp(`^${code}$`),
        statusCode,
        details: { pagerduty: { status, errors: [] } },
      },
      `${status}`,
    );
    t.match(error.message, new RegExp(`^PagerDuty answered ${status}\\. [A-Z].*\\.$`), `${status}`);
    t.equal(error.retryAfterMs, undefined);
  }
});

t.test('an error of PagerDuty’s carries what PagerDuty said', async (t) => {
  const said = { code: 2001, message: 'Invalid Input', errors: ['Title is blank', 'Service is unknown'] };
  const error = new PagerDutyResponseError(400, said, 1_500);
  t.equal(
    error.message,
    'PagerDuty answered 400 (Invalid Input: Title is blank: Service is unknown). Correct the inputs and call again.',
  );
  t.match(error, { pagerDutyCode: 2001, pagerDutyErrors: said.errors, retryAfterMs: 1_500 });
  t.strictSame(error.details, { pagerduty: { status: 400, code: 2001, errors: said.errors } });
  t.match(
    new PagerDutyResponseError(404, { errors: ['Not Found'] }, undefined).message,
    /answered 404 \(Not Found\)\./,
  );
});

t.test('only what may pass by itself is worth another try', async (t) => {
  const statuses = [301, 400, 401, 402, 403, 404, 408, 409, 422, 429, 500, 502, 503, 504, 599];
  t.strictSame(
    statuses.filter((status) => isTransient(new PagerDutyResponseError(status, { errors: [] }, undefined))),
    [408, 429, 500, 502, 503, 504, 599],
  );
  t.ok(isTransient(new PagerDutyTimeoutError(10_000)));
  t.ok(isTransient(new PagerDutyUnreachableError(undefined, true)));
  t.ok(isTransient(new PagerDutyUnreachableError(undefined, false)));
  t.notOk(isTransient(new PagerDutyInvalidResponseError('JSON')));
  t.notOk(isTransient(new Error('anything else')));
});

t.test('the time that PagerDuty asks to be left alone is read from its headers', async (t) => {
  const read = (status: number, headers: Record<string, string | string[] | undefined>) =>
    retryAfterMs({ status, headers, body: '' });
  for (const name of ['ratelimit-reset', 'retry-after']) {
    t.equal(read(429, { [name]: '7' }), 7_000);
    t.equal(read(503, { [name]: '0' }), 0);
    t.equal(read(429, { [name]: '0.0015' }), 2, 'rounded up');
    t.equal(read(429, { [name]: '999999' }), 3_600_000, 'an hour at most');
    for (const odd of ['', 'soon', '-1', '1e3', 'Wed, 21 Oct 2026 07:28:00 GMT', '99999999999', ' 5']) {
      t.equal(read(429, { [name]: odd }), undefined, odd);
    }
    t.equal(read(429, { [name]: ['1', '2'] }), undefined);
    for (const status of [200, 400, 408, 500, 502]) t.equal(read(status, { [name]: '7' }), undefined, `${status}`);
  }
  t.equal(read(429, { 'ratelimit-reset': '7', 'retry-after': '9' }), 7_000);
  t.equal(read(429, { 'ratelimit-reset': 'soon', 'retry-after': '9' }), 9_000);
  t.equal(read(429, {}), undefined);
});
