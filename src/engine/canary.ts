import type { Connection } from '../connection/connection.js';
import { maxPagedItems, type Page } from '../pagerduty/listing.js';
import type { Incident } from '../pagerduty/models.js';
import { matchKeyOf, type ObservedEvent, startOfSecond, timeOf, timestamp } from './events.js';
import { listKey } from './read-lists.js';

/** What hours are checked with: a connection. */
export interface IncidentLister extends Pick<Connection, 'id'> {
  readonly incidents: Pick<Connection['incidents'], 'list'>;
}

/** How far the check of a connection has come. By PagerDuty's clock, but for `retryAtMs`. Replaced at each step. */
export interface CanaryState {
  /** The hour to check; all before it were checked. Undefined before the first step. */
  readonly hourMs: number | undefined;
  /** The next page of the hour's incidents: from when on, and how many of them have been listed. */
  readonly sinceMs: number;
  readonly offset: number;
  /** The page was empty, although PagerDuty said that there is more: it is read again, once. */
  readonly wasEmpty: boolean;
  /** How many incidents of the hour were missing so far. */
  readonly missing: number;
  /** A check that failed is tried again then, by the monotonic clock. */
  readonly retryAtMs: number;
}

export const initialCanary: CanaryState = {
  hourMs: undefined,
  sinceMs: 0,
  offset: 0,
  wasEmpty: false,
  missing: 0,
  retryAtMs: 0,
};

/** What a step goes by. */
export interface CanaryInput {
  /**
   * Everything that PagerDuty listed until then has been read, by its own clock. Not the time of the newest entry alone,
   * which stands still if the log shows nothing: that is what a canary is for. Time that has passed since, by the
   * monotonic clock, counts once a poll has read to the end.
   */
  readonly readToMs: number;
  /** The log has everything from then on: it begins then, or what was older may have been trimmed. */
  readonly logStartMs: number;
  /** How long events are kept. */
  readonly retentionMs: number;
  /** By the monotonic clock. */
  readonly nowMs: number;
  /** Those of the keys that are not in the log. */
  readonly unlogged: (keys: readonly string[]) => Promise<Iterable<string>>;
  /** If there are fewer calls left than usual. */
  readonly maxCalls?: number;
}

/** What a step of a check came to. */
export interface HourCheck {
  readonly hourMs: number;
  /** What the hour came to. Undefined: it has more incidents, and the next step goes on. */
  readonly outcome: 'complete' | 'missing' | 'failed' | undefined;
  /** The incidents that PagerDuty lists, and the log lacks, as far as this step has seen. */
  readonly missingIds: readonly string[];
  readonly failure?: unknown;
}

export interface CanaryStep {
  /** To be kept once what is missing is in the log, or if nothing is. */
  readonly state: CanaryState;
  /** To be kept if it did not go into the log: the next step reads it again. */
  readonly stateIfLost: CanaryState;
  /** Creations for the log, told late. */
  readonly missing: readonly ObservedEvent[];
  /** Undefined if no hour was to be checked. */
  readonly check: HourCheck | undefined;
}

const hourLengthMs = 3_600_000;
/** An hour is checked this long after its end: what is listed late by less is no fault. */
const closedAfterMs = 600_000;
/** Connections check their hours at different times within this. */
const spreadMs = 2_400_000;
/** Trimming goes by the service's clock, which may be wrong by as much. */
const trimMarginMs = 3_600_000;
const retryMs = 900_000;
const maxCallsPerStep = 5;
const pageSize = 100;

/** Which hour is to be checked next, how far that has come, and whether it is time to go on. */
export function planCheck(
  state: CanaryState,
  connectionId: string,
  input: Pick<CanaryInput, 'readToMs' | 'logStartMs' | 'retentionMs' | 'nowMs'>,
): { readonly state: CanaryState & { readonly hourMs: number }; readonly isDue: boolean } {
  const { readToMs, nowMs } = input;
  // A process that has just begun looks at the last hour: it does not know what was checked before.
  const wantedMs = state.hourMs ?? hourOf(readToMs) - hourLengthMs;
  const hourMs = Math.max(wantedMs, hourOf(firstMs(input)));
  const dueMs = hourMs + hourLengthMs + closedAfterMs + spreadMs * shareOf(connectionId);
  return {
    state: hourMs === state.hourMs ? { ...state, hourMs } : { ...initialCanary, hourMs, sinceMs: hourMs },
    isDue: readToMs >= dueMs && nowMs >= state.retryAtMs,
  };
}

/**
 * Compares what PagerDuty lists of a closed hour with the log: a part of the hour, or all of it. A quiet hour costs one
 * call. Never throws: a check that fails is tried again later, and stops nothing.
 */
export async function checkHour(source: IncidentLister, before: CanaryState, input: CanaryInput): Promise<CanaryStep> {
  const { state: begun, isDue } = planCheck(before, source.id, input);
  if (!isDue) return { state: begun, stateIfLost: begun, missing: [], check: undefined };
  const { hourMs } = begun;
  let state: CanaryState = begun;
  try {
    const created = new Map<string, ObservedEvent>();
    for (let calls = 0; calls < (input.maxCalls ?? maxCallsPerStep) && state.hourMs === hourMs; calls += 1) {
      const page = await source.incidents.list({
        since: timestamp(state.sinceMs),
        until: timestamp(hourMs + hourLengthMs),
        sort_by: 'incident_number:asc',
        offset: state.offset,
        limit: pageSize,
      });
      for (const event of createdIn(page.items, hourMs, firstMs(input))) created.set(event.key, event);
      state = afterPage(state, page, hourMs);
    }
    const keys = created.size === 0 ? [] : await input.unlogged([...created.keys()]);
    const missing = [...keys].flatMap((key) => created.get(key) ?? []).sort((a, b) => a.atMs - b.atMs);
    const missingInHour = begun.missing + missing.length;
    const isOver = state.hourMs !== hourMs;
    return {
      state: { ...state, missing: isOver ? 0 : missingInHour },
      stateIfLost: begun,
      missing,
      check: {
        hourMs,
        outcome: !isOver ? undefined : missingInHour > 0 ? 'missing' : 'complete',
        missingIds: missing.map(({ incidentId }) => incidentId),
      },
    };
  } catch (failure) {
    const state = { ...begun, retryAtMs: input.nowMs + retryMs };
    return {
      state,
      stateIfLost: state,
      missing: [],
      check: { hourMs, outcome: 'failed', missingIds: [], failure },
    };
  }
}

/** How a check goes on after a page: with the next page, or the next hour. */
function afterPage(state: CanaryState, { items, received, more }: Page<Incident>, hourMs: number): CanaryState {
  const nextMs = hourMs + hourLengthMs;
  if (!more) return { ...initialCanary, hourMs: nextMs, sinceMs: nextMs };
  if (received === 0 && !state.wasEmpty) return { ...state, wasEmpty: true };
  const next = { ...state, wasEmpty: false };
  const offset = state.offset + (received === 0 ? pageSize : received);
  if (offset + pageSize <= maxPagedItems) return { ...next, offset };
  // PagerDuty pages no further: the rest is that of a later time. Of one second it lists no more than this.
  const newestMs = items.reduce((newest, { created_at }) => Math.max(newest, timeOf(created_at) ?? 0), 0);
  return { ...next, offset: 0, sinceMs: Math.max(startOfSecond(newestMs), state.sinceMs + 1000) };
}

/** The creations that the log must have: those of the hour, since it begins. One without a readable time is of it too. */
function createdIn(incidents: readonly Incident[], hourMs: number, fromMs: number): readonly ObservedEvent[] {
  const startMs = Math.max(hourMs, fromMs);
  return incidents.flatMap((incident): ObservedEvent | readonly [] => {
    const atMs = timeOf(incident.created_at) ?? startMs;
    if (atMs < startMs || atMs >= hourMs + hourLengthMs) return [];
    const named = { kind: 'created', incidentId: incident.id, subject: incident.id } as const;
    return {
      ...named,
      key: listKey('created', incident.id, '', atMs),
      matchKey: matchKeyOf(named, atMs),
      atMs,
      payload: incident,
    };
  });
}

/** Nothing that happened before this is looked for in the log: it may have been trimmed. */
function firstMs(input: Pick<CanaryInput, 'readToMs' | 'logStartMs' | 'retentionMs'>): number {
  return Math.max(input.logStartMs, input.readToMs - input.retentionMs + trimMarginMs);
}

function hourOf(timeMs: number): number {
  return Math.floor(timeMs / hourLengthMs) * hourLengthMs;
}

/** A number from 0 up to 1 that a connection always has: its id is a hash. */
function shareOf(connectionId: string): number {
  return Number.parseInt(connectionId.slice(0, 8), 16) / 2 ** 32 || 0;
}
