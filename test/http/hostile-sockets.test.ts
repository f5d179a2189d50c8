import { setTimeout as delay } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { sandboxCredentials } from '../../sandbox/account/seed-account.js';
import { documentedErrors } from '../support/documented-errors.js';
import { logLines } from '../support/log-lines.js';
import { RawSocket } from '../support/raw-socket.js';
import { metricOf, readMetrics } from '../support/read-metrics.js';
import { type RawResponse, readResponses } from '../support/read-responses.js';
import { errorOf, type RunningService, startService } from '../support/running-service.js';
import { SeededRandom } from '../support/seeded-random.js';
import { until } from '../support/until.js';

/** The same bytes in every run, so that a failure is a change; other seeds send others. */
const seed = Number(process.env.FUZZ_SEED ?? 1);
const sockets = Number(process.env.FUZZ_SOCKETS ?? 600);

const { accountKey, userKey, eventsV2Keys } = sandboxCredentials;
const errors = documentedErrors();
const event = JSON.stringify({ service_key: eventsV2Keys.PSVCWEB, description: 'The disk is full' });

/** A request as bytes, with the headers that every one needs. */
function bytesOf(line: string, headers: readonly string[] = [], body = ''): string {
  return [line, 'host: x', `x-api-key: ${accountKey}`, ...headers, '', body].join('\r\n');
}

const get = bytesOf('GET /users/PUSER01 HTTP/1.1');
const create = 'POST /incidents/create HTTP/1.1';
const json = 'content-type: application/json';
const sized = bytesOf(create, [json, `content-length: ${event.length}`], event);
const chunk = `${event.length.toString(16)}\r\n${event}\r\n`;
const chunked = (body: string, ...headers: readonly string[]) =>
  bytesOf(create, [json, ...(headers.length === 0 ? ['transfer-encoding: chunked'] : headers)], body);
const hidden = 'GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n';

/** How a caller goes: not at all, after it has listened for a moment, at once, or without a word. */
type End = 'stay' | 'listen' | 'end' | 'reset';

/** Sends bytes, and gives what came back once the connection is closed. */
async function exchange(url: string, pieces: readonly string[], end: End = 'stay'): Promise<string> {
  const socket = new RawSocket(url);
  for (const piece of pieces) {
    await socket.write(piece);
    if (pieces.length > 1) await new Promise((resolve) => setImmediate(resolve));
  }
  // If the caller has ended, Node no longer answers what is not answered yet.
  if (end === 'listen') await Promise.race([socket.closed, delay(100)]);
  if (end === 'reset') socket.reset();
  else if (end !== 'stay') socket.end();
  const late = delay(10_000, 'late', { ref: false });
  const first = await Promise.race([socket.closed, late]);
  socket.destroy();
  if (first === 'late') throw new Error('the connection is still open after 10 seconds');
  return socket.received;
}

/** What is wrong with an answer; undefined if nothing is. */
function flawOf({ status, head, body }: RawResponse): string | undefined {
  if (status >= 500) return `a failure: ${status} ${body}`;
  if (body.includes(accountKey)) return 'the key is in the answer';
  if (status < 400) return undefined;
  const { code, message } = errorOf({ body: JSON.parse(body) });
  const isWhole = head.includes('content-type: application/json') && typeof message === 'string';
  return isWhole && errors.has(`${status} ${code}`) ? undefined : `not a documented error: ${status} ${body}`;
}

/** The service, and a look at it afterwards: it works, no socket is left, and nothing went wrong inside. */
async function startWatched(t: Test): Promise<RunningService & { isWell(): Promise<void> }> {
  const { lines, logger } = logLines('error');
  const service = await startService(t, { logger });
  await service.control.patch('/settings', { rateLimitPerMinute: 1_000_000 });
  return {
    ...service,
    async isWell() {
      t.equal((await service.call('GET', '/users/PUSER01')).status, 200, 'the service is well');
      await until(async () => {
        const { text } = await service.call('GET', '/metrics', { key: null });
        return metricOf(readMetrics(text), 'connector_open_sockets') === 1;
      }, 'all sockets but our own are closed');
      t.strictSame(lines, []);
    },
  };
}

t.test('what readers of HTTP do not agree on is refused, or read in one way', async (t) => {
  const { url, isWell } = await startWatched(t);
  for (const [name, bytes, ...statuses] of [
    ['equal lengths', bytesOf(create, [json, 'content-length: 2', 'content-length: 2'], '{}'), 400],
    ['a list of lengths', bytesOf(create, [json, 'content-length: 2, 2'], '{}'), 400],
    ['a length with a sign', bytesOf(create, [json, 'content-length: +2'], '{}'), 400],
    ['a length in hexadecimal', bytesOf(create, [json, 'content-length: 0x2'], '{}'), 400],
    ['a length beyond all numbers', bytesOf(create, [json, `content-length: ${'9'.repeat(40)}`], '{}'), 400],
    ['a length larger than allowed', bytesOf(create, [json, 'content-length: 99999999'], '{}'), 413],
    ['chunks, then a length', chunked(`0\r\n\r\n${hidden}`, 'transfer-encoding: chunked', 'content-length: 5'), 400],
    ['a length, then chunks', chunked(`0\r\n\r\n${hidden}`, 'content-length: 5', 'transfer-encoding: chunked'), 400],
    ['chunks that are not last', chunked(`0\r\n\r\n${hidden}`, 'transfer-encoding: chunked, identity'), 400],
    ['an encoding that nobody has', chunked(`0\r\n\r\n${hidden}`, 'transfer-encoding: xchunked'), 400],
    ['a space before the colon', chunked(`0\r\n\r\n${hidden}`, 'transfer-encoding : chunked'), 400],
    ['a folded header', bytesOf('GET /users/PUSER01 HTTP/1.1', ['x-a: b', ' c']), 400],
    ['a chunk that is no number', chunked('zz\r\n{}\r\n0\r\n\r\n'), 400],
    ['a chunk beyond all numbers', chunked(`${'f'.repeat(20)}\r\n{}\r\n0\r\n\r\n`), 400],
    ['a chunk below zero', chunked('-2\r\n{}\r\n0\r\n\r\n'), 400],
    ['a chunk larger than it says', chunked('1\r\n{}\r\n0\r\n\r\n'), 400],
    ['chunks with bare line feeds', chunked('2\n{}\n0\n\n'), 400],
    ['a huge extension of a chunk', chunked(`2;${'x'.repeat(100_000)}\r\n{}\r\n0\r\n\r\n`), 400],
    ['huge trailers', chunked(`2\r\n{}\r\n0\r\nx: ${'x'.repeat(100_000)}\r\n\r\n`), 400, 431],
    [
      'a key in a trailer',
      `${create}\r\nhost: x\r\n${json}\r\ntransfer-encoding: chunked\r\n\r\n${chunk}0\r\nx-api-key: ${accountKey}\r\n\r\n`,
      401,
    ],
    ['a second key', bytesOf('GET /users/PUSER01 HTTP/1.1', [`x-api-key: ${userKey}`]), 401],
    ['a second host', bytesOf('GET /users/PUSER01 HTTP/1.1', ['host: evil.example']), 200, 400],
    [
      'a second authorization',
      `GET /users/PUSER01 HTTP/1.1\r\nhost: x\r\nauthorization: Bearer wrong\r\nauthorization: Bearer ${userKey}\r\n\r\n`,
      401,
    ],
    ['HTTP/2 at once', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0', 400],
    [
      'HTTP/2 by an upgrade',
      bytesOf('GET /users/PUSER01 HTTP/1.1', [
        'connection: upgrade, http2-settings, close',
        'upgrade: h2c',
        'http2-settings: AAMAAABkAAQAAP__',
      ]),
      200,
    ],
    ['a WebSocket', bytesOf('GET /users/PUSER01 HTTP/1.1', ['connection: upgrade, close', 'upgrade: websocket']), 200],
    ['a later HTTP', bytesOf('GET /users/PUSER01 HTTP/1.9'), 400],
    ['a NUL in the path', bytesOf('GET /users/PUSER\x0001 HTTP/1.1'), 400],
    ['a NUL in the name of a header', bytesOf('GET /users/PUSER01 HTTP/1.1', ['x\0y: 1']), 400],
    ['a NUL in the key', `GET /users/PUSER01 HTTP/1.1\r\nhost: x\r\nx-api-key: ${accountKey}\0\r\n\r\n`, 400],
    ['a control character in the method', bytesOf('G\x01ET /users/PUSER01 HTTP/1.1'), 400],
    ['bare line feeds', get.replaceAll('\r', ''), 400],
    ['bare carriage returns', get.replaceAll('\n', ''), 400],
    ['an asterisk for a path', bytesOf('OPTIONS * HTTP/1.1'), 404],
    ['a path without its slash', bytesOf('GET users/PUSER01 HTTP/1.1'), 400],
    ['another host in the path', bytesOf('GET http://evil.example/users/PUSER01 HTTP/1.1'), 200, 404],
  ] as const) {
    const answers = readResponses(await exchange(url, [bytes.replace('host: x', 'host: x\r\nconnection: close')]));
    t.equal(answers.length, 1, `${name}: one answer, and nothing behind it is taken for a request`);
    for (const answer of answers) {
      t.ok(
        statuses.some((status) => status === answer.status),
        `${name}: ${answer.status} ${answer.body.slice(0, 200)}`,
      );
      t.equal(flawOf(answer), undefined, name);
    }
  }
  t.equal(
    await exchange(url, ['CONNECT evil.example:443 HTTP/1.1\r\nhost: evil.example:443\r\n\r\n']),
    '',
    'no tunnel',
  );
  for (const hello of ['\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03', '\0\0\0\x0cSSH-2.0-x\r\n', '\x05\x01\0'])
    t.match(await exchange(url, [hello], 'listen'), /^$|^HTTP\/1\.1 400 /);
  await isWell();
});

t.test('requests one behind the other are answered in their order, up to the first that cannot be read', async (t) => {
  const { url, isWell } = await startWatched(t);
  const users = ['PUSER01', 'PNOBODY', 'PUSER03', 'PUSER02', '%', 'PUSER04'];
  const many = Array.from({ length: 10 }, () => users).flat();
  const asked = many.map((user, index) =>
    bytesOf(`GET /users/${user} HTTP/1.1`, index === many.length - 1 ? ['connection: close'] : []),
  );
  const answers = readResponses(await exchange(url, [asked.join('')]));
  t.strictSame(
    answers.map(({ status, body }) => (status === 200 ? /"id":"(\w+)"/.exec(body)?.[1] : status)),
    many.map((user) => (user === 'PNOBODY' ? 404 : user === '%' ? 400 : user)),
  );
  const spoilt = await exchange(url, [`${sized}${get}BROKEN\r\n\r\n${hidden}${hidden}`]);
  // The last may overtake answers that are not there yet: they are not sent then.
  t.notMatch(spoilt, /\{"status":"ok"\}/, 'nothing behind what is broken is read');
  const refused = `${bytesOf(create, [json, 'expect: wonders', `content-length: ${hidden.length}`], hidden)}`;
  t.equal(readResponses(await exchange(url, [refused])).length, 1, 'what is in a body is no request');
  await isWell();
});

t.test('a request that is not whole does nothing, wherever it ends and however', async (t) => {
  const { url, control, isWell } = await startWatched(t);
  const random = new SeededRandom(seed);
  const whole = [sized, chunked(`${chunk}0\r\n\r\n`)];
  t.comment(`FUZZ_SEED=${seed}`);
  const flaws: string[] = [];
  const sent = await control.sentDuring(async () => {
    for (let count = 0; count < 120; count += 1) {
      const bytes = random.pick(whole);
      const start = bytes.slice(0, random.below(bytes.length - 1));
      const answers = readResponses(
        await exchange(url, piecesOf(start, random), random.pick<End>(['listen', 'end', 'reset'])),
      );
      const wrong = answers.filter((answer) => answer.status < 400 || flawOf(answer) !== undefined);
      flaws.push(...wrong.map(({ status, body }) => `${status} ${body}: ${JSON.stringify(start)}`));
    }
    await until(async () => {
      const text = await (await fetch(`${url}/metrics`, { headers: { connection: 'close' } })).text();
      return metricOf(readMetrics(text), 'connector_open_sockets') === 1;
    }, 'all of them are closed');
  });
  t.strictSame(flaws, []);
  t.strictSame(sent, []);
  t.strictSame(await control.incidents(), []);
  await isWell();
});

t.test('whatever bytes come, and however they end, the answer is documented or the connection closed', async (t) => {
  const { url, isWell } = await startWatched(t);
  t.comment(`FUZZ_SEED=${seed} FUZZ_SOCKETS=${sockets}`);
  const statuses = new Map<number, number>();
  const flaws: string[] = [];
  let index = 0;
  const goOn = async () => {
    while (index < sockets) {
      const which = index;
      index += 1;
      const random = new SeededRandom(seed * 1_000_003 + which);
      const bytes = spoiltBytes(random);
      const end = random.pick<End>(['listen', 'listen', 'listen', 'end', 'reset']);
      const note = (flaw: string) =>
        flaws.push(
          `${flaw}. Connection ${which} of FUZZ_SEED=${seed}, ${end}: ${JSON.stringify(bytes).slice(0, 1_500)}`,
        );
      try {
        const received = await exchange(url, piecesOf(bytes, random), end);
        // What was reset may have got the beginning of an answer.
        if (end === 'reset') continue;
        for (const answer of readResponses(received)) {
          statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
          const flaw = flawOf(answer);
          if (flaw !== undefined) note(flaw);
        }
      } catch (error) {
        note(String(error));
      }
    }
  };
  await Promise.all(Array.from({ length: 12 }, goOn));
  t.comment(`answers: ${[...statuses].sort().map(String).join(' ')}`);
  t.strictSame(flaws, []);
  t.ok((statuses.get(200) ?? 0) > sockets / 10, 'enough could be read');
  t.ok((statuses.get(400) ?? 0) > sockets / 10, 'enough could not');
  await isWell();
});

/** Requests as they should be, one or some, with something done to their bytes. */
function spoiltBytes(random: SeededRandom): string {
  const good = [get, get, sized, chunked(`${chunk}0\r\n\r\n`), hidden, bytesOf('GET /trigger2/incidents HTTP/1.1')];
  let bytes = Array.from({ length: 1 + random.below(3) }, () => random.pick(good)).join('');
  for (let times = random.below(4); times > 0; times -= 1) {
    const at = random.below(bytes.length);
    const [before, after] = [bytes.slice(0, at), bytes.slice(at)];
    bytes = random.pick([
      () => before,
      () => before + String.fromCharCode(random.below(256)) + after,
      () => before + String.fromCharCode(random.below(32)) + after.slice(1),
      () => before + random.pick(['\r\n', '\n', '\r', '\0', ': ', ' ', '\r\n\r\n', '\x80\xff']) + after,
      () => before + after.slice(random.below(20)),
      () => before + 'x'.repeat(random.below(40_000)) + after,
      () => before + bytes.slice(at - random.below(60), at) + after,
      () => bytes.replace(/content-length: \d+/, () => `content-length: ${random.below(2_000)}`),
      () => bytes.replace(/\r\nhost/, () => `\r\ncontent-length: ${random.below(20)}\r\nhost`),
      () => bytes.replace(/\r\nhost/, '\r\ntransfer-encoding: chunked\r\nhost'),
      () => bytes.replace('\r\n', '\n'),
    ])();
  }
  return bytes;
}

function piecesOf(bytes: string, random: SeededRandom): readonly string[] {
  if (random.chance(0.5)) return [bytes];
  const cuts = Array.from({ length: random.below(6) }, () => random.below(bytes.length + 1)).sort((a, b) => a - b);
  return [0, ...cuts].map((start, index) => bytes.slice(start, cuts[index] ?? bytes.length));
}
