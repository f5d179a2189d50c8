import { type Cursor, connectionPrefixOf, encodeCursor } from './cursor.js';
import type { RestartReason } from './engine-options.js';
import type { LogPage, LogPosition, PageEvent } from './event-store.js';
import type { EventKind } from './events.js';
import { allowedLatenessMs } from './evidence.js';
import { Frontier } from './frontier.js';
import { givenOf, hashOf, remembered } from './given.js';
import { frontierMs, type SnapshotHeader } from './snapshot.js';

/** A page is never longer: flow designers promise their users at most this many runs an answer. */
export const maxPageEvents = 100;

/** A position that no log contains, before every event of any log. */
export const beforeEverything: LogPosition = { sequence: 0, commitId: '' };

/** What was read at a cursor's position, and the header that goes with it; neither if there is no log. */
export interface LogAtCursor {
  readonly page: LogPage | undefined;
  readonly header: SnapshotHeader | undefined;
}

/** What a host's state comes to. */
export type ResolvedCursor =
  /** The log contains the position; the page is what lies behind it. */
  | { readonly kind: 'valid'; readonly cursor: Cursor; readonly log: LogAtCursor; readonly needsBackfill: boolean }
  /** The log is gone, or is another connection's: the host goes on from its frontier, which is read back if need be. */
  | {
      readonly kind: 'recovered';
      readonly cursor: Cursor;
      readonly readBackMs: number;
      readonly needsBackfill: boolean;
    }
  /** The host starts again from now. */
  | { readonly kind: 'restart'; readonly reason: RestartReason };

/** Resolves a host's cursor against the log of a connection. */
export function resolveCursor(
  cursor: Cursor,
  log: LogAtCursor,
  options: {
    readonly connectionId: string;
    readonly kind: EventKind;
    readonly nowMs: number;
    readonly retentionMs: number;
  },
): ResolvedCursor {
  const { page, header } = log;
  // An incident's notes are there for ever: nothing has to be read back to them.
  const needs = (startMs: number) => options.kind !== 'noted' && cursor.frontierMs < startMs;
  const connectionPrefix = connectionPrefixOf(options.connectionId);
  const logStartMs = header?.logStartMs ?? Number.POSITIVE_INFINITY;
  if (page?.contains === true && cursor.connectionPrefix === connectionPrefix) {
    return { kind: 'valid', cursor, log, needsBackfill: needs(logStartMs) };
  }
  if (isOtherAccount(cursor, header)) return { kind: 'restart', reason: 'other_account' };
  const ageMs = options.nowMs - cursor.issuedMs;
  // A clock may have been set: a host that has what PagerDuty recorded lately is not too old, whatever it says.
  const behindMs = header === undefined ? ageMs : header.newestMs - cursor.frontierMs;
  const isTooOld = options.kind !== 'noted' && Math.min(ageMs, behindMs) > options.retentionMs;
  if (isTooOld) return { kind: 'restart', reason: 'expired' };
  return {
    kind: 'recovered',
    cursor: {
      ...cursor,
      connectionPrefix,
      position: beforeEverything,
      sinceMs: cursor.frontierMs,
      given: cursor.given.map((one) => ({ ...one, isAhead: true })),
    },
    readBackMs: Math.max(0, ageMs),
    // What was trimmed may be what the host has not got.
    needsBackfill: needs(Math.max(logStartMs, page?.trimmedToMs ?? 0)),
  };
}

function isOtherAccount({ accountHash }: Cursor, header: SnapshotHeader | undefined): boolean {
  return accountHash !== undefined && header?.accountHash !== undefined && accountHash !== header.accountHash;
}

/** A page of events, and where a host that gets it stands. */
export interface HostPage {
  /** PagerDuty's objects, one an event, in log order. Empty: nothing new. */
  readonly payloads: readonly unknown[];
  /** Where the host stands now; what it must bring next time. */
  readonly state: string;
  /** True if more events wait behind this page. */
  readonly more: boolean;
}

/**
 * The page for a host that stands at a cursor.
 * @param options.state what the cursor was read from: the host keeps it while nothing is new, unless it grows too old.
 *   Undefined: the host needs another one.
 */
export function pageFor(
  cursor: Cursor,
  log: LogAtCursor,
  options: {
    readonly state: string | undefined;
    readonly kind: EventKind;
    readonly nowMs: number;
    readonly retentionMs: number;
  },
): HostPage {
  const { state, kind, nowMs, retentionMs } = options;
  const found = log.page?.events ?? [];
  // A flow that has polled all the time must never hear that its state is too old.
  const keepsState = state !== undefined && found.length === 0 && nowMs - cursor.issuedMs <= retentionMs / 2;
  if (keepsState) return { payloads: [], state, more: false };
  const given = new Set(cursor.given.map(({ hash }) => hash));
  const events = given.size === 0 ? found : found.filter(({ key }) => !given.has(hashOf(key)));
  return {
    payloads: events.map(({ payload }): unknown => JSON.parse(payload)),
    state: encodeCursor({ ...advanced(cursor, events, log, kind), issuedMs: nowMs }),
    more: log.page?.rest !== undefined,
  };
}

/** Where a host stands that got the events of a page. */
function advanced(
  cursor: Cursor,
  events: readonly PageEvent[],
  { page, header }: LogAtCursor,
  kind: EventKind,
): Cursor {
  if (page === undefined || header === undefined) return cursor;
  // What is still to be read back may have happened before what is here.
  const isWhole = kind === 'noted' || header.logStartMs <= cursor.frontierMs;
  const logMs = kind === 'noted' ? notesMs(events) : frontierMs(header);
  const earliestWaitingMs = page.rest?.earliestMs ?? Number.POSITIVE_INFINITY;
  const wholeToMs = isWhole ? Math.min(logMs, earliestWaitingMs) : Number.NEGATIVE_INFINITY;
  const met = new Set(page.events.map(({ key }) => hashOf(key)));
  const before = cursor.given.map((one) => (one.isAhead && met.has(one.hash) ? { ...one, isAhead: false } : one));
  const given = [...before, ...events.map(({ key, occurredAtMs }) => givenOf(key, occurredAtMs))];
  const frontier = Frontier.at(cursor.frontierMs).afterPage(wholeToMs);
  return {
    ...cursor,
    accountHash: header.accountHash ?? cursor.accountHash,
    position: positionBehind(page),
    frontierMs: frontier.ms,
    given: remembered(given, wholeToMs, frontier.ms),
  };
}

/**
 * Up to where the host of an incident has its notes. They are read apart from the timeline, and may be due for long: only
 * the notes themselves tell. A list has all of them; one that a copy of PagerDuty's shows late is allowed for.
 */
function notesMs(events: readonly PageEvent[]): number {
  return Math.max(...events.map(({ occurredAtMs }) => occurredAtMs)) - allowedLatenessMs;
}

function positionBehind({ events, head, rest }: LogPage): LogPosition {
  const last = events.at(-1);
  if (rest === undefined || last === undefined) return head;
  return { sequence: last.sequence, commitId: last.commitId };
}
