import { httpLimits } from '../../src/http/guard-edges.js';
import { renderTable } from './fill-tables.js';

interface LimitText {
  readonly what: string;
  readonly atMost: (value: number) => string;
  readonly beyond: string;
}

const kibibytes = (value: number) => `${value / 1024} KiB`;
const seconds = (value: number) => `${value / 1000} seconds`;

/** What the documents say of each limit. A limit without a text does not compile. */
const texts: Readonly<Record<keyof typeof httpLimits, LimitText>> = {
  bodyBytes: {
    what: 'body, as much as PagerDuty takes of an event',
    atMost: kibibytes,
    beyond: '413 `body_too_large`',
  },
  jsonDepth: {
    what: 'objects and lists in each other in a body',
    atMost: (value) => `${value} levels`,
    beyond: '400 `invalid_json`',
  },
  headerBytes: { what: 'address and headers together', atMost: kibibytes, beyond: '431 `headers_too_large`' },
  headersMs: { what: 'time until the headers are there', atMost: seconds, beyond: '408 `request_timeout`' },
  requestMs: { what: 'time until the body is there', atMost: seconds, beyond: '408 `request_timeout`' },
  silentMs: {
    what: 'silence on a socket while its request is answered',
    atMost: seconds,
    beyond: 'the socket is closed',
  },
  idleMs: { what: 'silence on a socket between two requests', atMost: seconds, beyond: 'the socket is closed' },
  checkMs: { what: 'time until a limit on time is noticed', atMost: seconds, beyond: '' },
  sockets: {
    what: 'open sockets',
    atMost: (value) => value.toLocaleString('en-US'),
    beyond: 'a new one is closed',
  },
};

/** The table of what a request may be, and how long it may take. */
export function limitsTable(): string {
  const values = new Map<string, number>(Object.entries(httpLimits));
  return renderTable(
    ['what', 'at most', 'beyond it'],
    Object.entries(texts).map(([name, { what, atMost, beyond }]) => [
      what,
      atMost(values.get(name) ?? Number.NaN),
      beyond,
    ]),
  );
}
