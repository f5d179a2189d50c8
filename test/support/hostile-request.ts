import { sandboxCredentials } from '../../sandbox/account/seed-account.js';
import {
  hostileBodies,
  hostileContentTypes,
  hostileHeaderNames,
  hostileHeaderValues,
  hostileJson,
  hostileQueries,
  hostileSegments,
  hostileTexts,
  randomText,
} from './hostile-values.js';
import { SeededRandom } from './seeded-random.js';
import type { Entrance, Slot } from './surface.js';

/** One request, ready to be sent as it is. */
export interface HostileRequest {
  readonly entrance: Entrance;
  /** What was made wrong about it; nothing for a request as it should be. */
  readonly wrongs: ReadonlySet<Wrong>;
  readonly method: string;
  readonly path: string;
  /** Without those that say how long the body is. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer | undefined;
  /** In so many pieces the body is sent, as chunks, with a pause between them; 1 sends it whole. */
  readonly pieces: number;
}

export type Wrong = 'input' | 'body' | 'headers' | 'query' | 'path' | 'method';

/** The inputs with which an entrance does what it is for. */
export type GoodInputs = (entrance: Entrance, random: SeededRandom) => Readonly<Record<string, unknown>>;

const { accountKey, userKey, noLogEntriesKey, readOnlyKey, eventsV2Keys } = sandboxCredentials;
const goodKeys = [accountKey, accountKey, userKey, userKey, noLogEntriesKey, readOnlyKey];
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/**
 * The request of this number: entrances take turns, and so do the inputs of each; what becomes of them is chance. The
 * same seed and number give the same request.
 */
export function hostileRequest(
  entrances: readonly Entrance[],
  { seed, index, goodInputs, host }: { seed: number; index: number; goodInputs: GoodInputs; host: string },
): HostileRequest {
  const random = new SeededRandom(seed * 1_000_003 + index);
  const entrance = entrances[index % entrances.length] ?? random.pick(entrances);
  const wrongs = wrongsOf(entrance, random);
  const good = goodInputs(entrance, random);
  const inTurn = entrance.slots[Math.floor(index / entrances.length) % entrance.slots.length];
  const others = random.chance(0.3) ? entrance.slots.filter(() => random.chance(0.5)) : [];
  const spoilt = wrongs.has('input') && inTurn !== undefined ? [...new Set([inTurn, ...others])] : [];
  const at = (place: Slot['place']) => spoilt.filter((slot) => slot.place === place);
  const method = wrongs.has('method') ? random.pick(methods) : entrance.method;
  const body =
    entrance.method === 'GET' && !wrongs.has('body') ? undefined : bodyOf(entrance, good, at('body'), random);
  return {
    entrance,
    wrongs,
    method,
    path: pathOf(entrance, good, at('path'), wrongs, random) + queryOf(entrance, good, at('query'), wrongs, random),
    headers: headersOf(entrance, wrongs, body !== undefined, host, random),
    body: body === undefined ? undefined : wrongs.has('body') ? spoiltBody(body, random) : body,
    pieces: body !== undefined && random.chance(0.05) ? 1 + random.below(5) : 1,
  };
}

/** What a failure says of a request: enough to send it again by hand. */
export function describeRequest({ method, path, headers, body, pieces, wrongs }: HostileRequest): string {
  const shown = body === undefined ? 'no body' : `body of ${body.length} bytes: ${JSON.stringify(cut(`${body}`))}`;
  return `${method} ${JSON.stringify(cut(path))} headers ${cut(JSON.stringify(headers))} ${shown}, in ${pieces} pieces; wrong: ${[...wrongs].join() || 'nothing'}`;
}

function cut(text: string): string {
  return text.length > 600 ? `${text.slice(0, 600)}… (${text.length} characters)` : text;
}

function wrongsOf({ slots }: Entrance, random: SeededRandom): ReadonlySet<Wrong> {
  const wrongs = new Set<Wrong>();
  if (random.chance(0.15)) return wrongs;
  do {
    const wrong = random.pick<Wrong>([
      ...(['input', 'input', 'input', 'input', 'input', 'input'] as const),
      ...(['body', 'headers', 'headers', 'query', 'path', 'method'] as const),
    ]);
    wrongs.add(wrong === 'input' && slots.length === 0 ? 'headers' : wrong);
  } while (random.chance(0.1));
  return wrongs;
}

function textFor(random: SeededRandom): string {
  return random.chance(0.8) ? random.pick(hostileTexts) : randomText(random);
}

function pathOf(
  { path }: Entrance,
  good: Readonly<Record<string, unknown>>,
  spoilt: readonly Slot[],
  wrongs: ReadonlySet<Wrong>,
  random: SeededRandom,
): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => {
    if (!spoilt.some((slot) => slot.path[0] === name)) return encodeURIComponent(String(good[name]));
    return random.chance(0.5) ? random.pick(hostileSegments) : encodeURIComponent(textFor(random).toWellFormed());
  });
  if (!wrongs.has('path')) return filled;
  const parts = filled.split('/');
  const where = 1 + random.below(parts.length - 1);
  return random.pick([
    () => parts.with(where, random.pick(hostileSegments)).join('/'),
    () => parts.toSpliced(where, 0, random.pick(hostileSegments)).join('/'),
    () => `${filled}/${random.pick(hostileSegments)}`,
    () => `/${filled}`,
    () => filled.replace(/[a-z]+/g, (letters) => letters.toUpperCase()),
    () => filled.replace(/[a-z]/g, (letter) => `%${letter.charCodeAt(0).toString(16)}`),
    () => `http://evil.example${filled}`,
  ])();
}

function queryOf(
  { slots }: Entrance,
  good: Readonly<Record<string, unknown>>,
  spoilt: readonly Slot[],
  wrongs: ReadonlySet<Wrong>,
  random: SeededRandom,
): string {
  const pairs = slots.flatMap((slot): string[] => {
    const name = String(slot.path[0]);
    if (slot.place !== 'query') return [];
    if (!spoilt.includes(slot))
      return good[name] === undefined ? [] : [`${name}=${encodeURIComponent(`${good[name]}`)}`];
    const text = encodeURIComponent(textFor(random).toWellFormed());
    return random.pick([
      () => [`${name}=${text}`],
      () => [`${name}=${text}`],
      () => [`${name}=${random.pick(hostileSegments).replaceAll('#', '')}`],
      () => [`${name}=${text}`, `${name}=1`],
      () => [`${name}[]=${text}`],
      () => [`${name}[__proto__]=${text}`],
      () => [name],
      () => [],
    ])();
  });
  if (wrongs.has('query')) pairs.push(random.pick(hostileQueries));
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

function bodyOf(
  { slots }: Entrance,
  good: Readonly<Record<string, unknown>>,
  spoilt: readonly Slot[],
  random: SeededRandom,
): Buffer {
  let body: unknown = {};
  for (const { place, path } of slots) {
    const [name = ''] = path;
    if (place === 'body' && path.length === 1 && good[name] !== undefined) body = withValue(body, path, good[name]);
  }
  // A JSON text can say what no value can, so the value is put into the text.
  const fragments: string[] = [];
  for (const { path } of spoilt) {
    const value = random.chance(0.85) ? random.pick(hostileJson) : JSON.stringify(randomText(random));
    body = withValue(body, path, random.chance(0.07) ? undefined : `@@${fragments.push(value) - 1}@@`);
  }
  const json = JSON.stringify(body).replace(/"@@(\d+)@@"/g, (_, at: string) => fragments[Number(at)] ?? 'null');
  const extra = random.chance(0.03) ? json.replace(/^\{/, `{${JSON.stringify(textFor(random))}:1,`) : json;
  return Buffer.from(extra.replace(',}', '}'));
}

/** The value with another one at this place, which is made if there is none. */
function withValue(whole: unknown, [step, ...more]: Slot['path'], value: unknown): unknown {
  if (step === undefined) return value;
  if (typeof step === 'number') {
    const list: readonly unknown[] = Array.isArray(whole) ? whole : [];
    return [withValue(list[step], more, value), ...list.slice(1)];
  }
  const object = new Map<string, unknown>(typeof whole === 'object' && whole !== null ? Object.entries(whole) : []);
  return Object.fromEntries(object.set(step, withValue(object.get(step), more, value)));
}

function spoiltBody(body: Buffer, random: SeededRandom): Buffer {
  return random.pick([
    () => Buffer.from(random.pick(hostileBodies)),
    () => Buffer.from(random.pick(hostileBodies)),
    () => body.subarray(0, random.below(body.length + 1)),
    () => Buffer.concat([body, body]),
    () => Buffer.from(body).fill(random.below(256), random.below(body.length + 1)),
    () => Buffer.from(body.toString('latin1').replace('{', '{"__proto__":{"polluted":1},'), 'latin1'),
    () => Buffer.from(`[${body}]`),
  ])();
}

function headersOf(
  { dialect }: Entrance,
  wrongs: ReadonlySet<Wrong>,
  hasBody: boolean,
  host: string,
  random: SeededRandom,
): HostileRequest['headers'] {
  const headers: (readonly [string, string])[] = [['host', host]];
  const key = random.pick(goodKeys);
  // An id that is known can be asked for.
  if (dialect === 'opsgenie') headers.push(['x-request-id', 'of-an-alert']);
  if (dialect === 'opsgenie') headers.push(['authorization', `GenieKey ${random.pick(Object.values(eventsV2Keys))}`]);
  else if (dialect === 'connector' && random.chance(0.15)) headers.push(['authorization', `Bearer ${key}`]);
  else if (dialect === 'connector') headers.push(['x-api-key', key]);
  if (hasBody) {
    const isOther = wrongs.has('body') && random.chance(0.3);
    headers.push(['content-type', isOther ? random.pick(hostileContentTypes) : 'application/json']);
  }
  if (!wrongs.has('headers')) return headers;
  for (let count = 1 + random.below(4); count > 0; count -= 1) {
    const name = random.pick(hostileHeaderNames);
    // As an id, a key would be logged: that is the caller's own doing.
    const keys = /key|auth/.test(name) ? [key, `${key}\t`, `${key},`, `Token token=${key}`, `Bearer ${key}`] : [];
    const given = [...random.pick([hostileHeaderValues, hostileTexts, hostileContentTypes]), ...keys, ...keys];
    const written = [spelled(name, random), asHeader(random.pick(given))] as const;
    const there = headers.findIndex(([one]) => one === name);
    // Beside the good one, or in its place.
    if (there === -1 || random.chance(0.4)) headers.splice(random.below(headers.length + 1), 0, written);
    else headers[there] = written;
  }
  return headers;
}

function spelled(name: string, random: SeededRandom): string {
  if (random.chance(0.7)) return name;
  return [...name].map((letter) => (random.chance(0.5) ? letter.toUpperCase() : letter)).join('');
}

/** What of a text a header can carry, as bytes; what it cannot is for raw sockets. */
function asHeader(text: string): string {
  return Buffer.from(text)
    .toString('latin1')
    .replace(/[^\t\x20-\x7e\x80-\xff]/g, '');
}
