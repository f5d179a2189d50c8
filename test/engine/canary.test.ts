import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import { type CanaryInput, type CanaryState, checkHour, initialCanary, planCheck } from '../../src/engine/canary.js';
import { PagerDutyResponseError } from '../../src/pagerduty/errors.js';
import type { Incident } from '../../src/pagerduty/models.js';

const startMs = Date.parse('2026-01-05T09:00:00Z');
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const connectionId = '9f2c1b7a0d4e4c33a1b2c3d4e5f60718';
const incidentAt = (id: string, atMs: number, number = 0) => ({
  id,
  status: 'triggered',
  created_at: new Date(atMs).toISOString(),
  incident_number: number,
});

/** How a PagerDuty pages: so many items at most. */
interface Paging {
  readonly maxItems?: number;
  /** The pages, counted from 0, that are empty although there are more. */
  readonly emptyPages?: readonly number[];
}

/** An account with incidents, and an event log that has some of them. */
function build(
  incidents: readonly Incident[],
  { logged = [], ...paging }: Paging & { logged?: readonly string[] } = {},
) {
  const log = new Set(logged.map((id) => `created ${id}`));
  const queries: Record<string, unknown>[] = [];
  let failure: Error | undefined;
  let steps: CanaryState = initialCanary;
  let pages = 0;
  let nowMs = 0;
  const source = {
    id: connectionId,
    incidents: {
      async list(query: Readonly<Record<string, unknown>>) {
        queries.push({ ...query });
        if (failure !== undefined) throw failure;
        const [since, until] = [Date.parse(String(query.since)), Date.parse(String(query.until))];
        const offset = Number(query.offset);
        const limit = Math.min(Number(query.limit), paging.maxItems ?? 100);
        if (offset + Number(query.limit) > 10_000) throw new PagerDutyResponseError(400, { errors: [] }, undefined);
        const listed = incidents.filter(({ created_at }) => {
          const atMs = Date.parse(created_at ?? '');
          // What has no time must be of the hour, since PagerDuty lists it; and both ends may belong to the span.
          return Number.isNaN(atMs) || (atMs >= since && atMs <= until);
        });
        const isEmpty = paging.emptyPages?.includes(pages) === true;
        pages += 1;
        const items = isEmpty ? [] : listed.slice(offset, offset + limit);
        const more = isEmpty || offset + items.length < listed.length;
        return { items, received: items.length, setAside: [], mended: [], more, total: undefined };
      },
    },
  };
  const step = async (input: Partial<CanaryInput> & Pick<CanaryInput, 'readToMs'>, isCommitted = true) => {
    queries.length = 0;
    const result = await checkHour(source, steps, {
      logStartMs: startMs - 24 * hourMs,
      retentionMs: 168 * hourMs,
      nowMs,
      unlogged: async (keys) => keys.filter((key) => !log.has(key)),
      ...input,
    });
    steps = isCommitted ? result.state : result.stateIfLost;
    if (isCommitted) {
      for (const { key } of result.missing) log.add(key);
    }
    return { ...result, queries: [...queries], ids: result.missing.map(({ incidentId }) => incidentId) };
  };
  return {
    step,
    log,
    fail: (error: Error | undefined) => {
      failure = error;
    },
    pass: (ms: number) => {
      nowMs += ms;
    },
  };
}

/** By then the hour that begins at `startMs` is closed, for any connection. */
const closedMs = startMs + 2 * hourMs - 1;

t.test('what is listed and not logged goes into the log late, and is named', async (t) => {
  const incidents = ['P1', 'P2', 'P3'].map((id, index) => incidentAt(id, startMs + index * minuteMs, index));
  const { step } = build(incidents, { logged: ['P1', 'P3'] });
  const { missing, check, queries } = await step({ readToMs: closedMs });
  t.strictSame(missing, [
    {
      key: 'created P2',
      matchKey: `created P2  ${(startMs + minuteMs) / 1000}`,
      kind: 'created',
      subject: 'P2',
      incidentId: 'P2',
      atMs: startMs + minuteMs,
      payload: incidents[1],
    },
  ]);
  t.strictSame(check, { hourMs: startMs, outcome: 'missing', missingIds: ['P2'] });
  t.strictSame(queries, [
    {
      since: '2026-01-05T09:00:00Z',
      until: '2026-01-05T10:00:00Z',
      sort_by: 'incident_number:asc',
      offset: 0,
      limit: 100,
    },
  ]);
});

t.test('a quiet hour costs one call, once', async (t) => {
  const { step } = build([]);
  let calls = 0;
  const outcomes: unknown[] = [];
  for (let readToMs = closedMs; readToMs < closedMs + 10 * hourMs; readToMs += minuteMs) {
    const { queries, check } = await step({ readToMs });
    calls += queries.length;
    if (check !== undefined) outcomes.push(check.outcome);
  }
  t.equal(calls, 11);
  t.strictSame(new Set(outcomes), new Set(['complete']));
});

t.test('connections check an hour ten to fifty minutes after its end, at different times', async (t) => {
  const dueMinutes = Array.from({ length: 200 }, (_, connection) => {
    const input = { logStartMs: 0, retentionMs: 168 * hourMs, nowMs: 0 };
    const state = { ...initialCanary, hourMs: startMs };
    const id = createHash('sha256').update(`${connection}`).digest('hex').slice(0, 32);
    for (let minute = 0; ; minute += 1) {
      const readToMs = startMs + hourMs + minute * minuteMs;
      if (planCheck(state, id, { ...input, readToMs }).isDue) return minute;
    }
  });
  t.ok(Math.min(...dueMinutes) >= 10);
  t.ok(Math.max(...dueMinutes) <= 50);
  t.ok(new Set(dueMinutes).size > 30, `${new Set(dueMinutes).size} different minutes`);
});

t.test('every missing incident is told, however many there are, and however they are paged', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ minute: fc.integer({ min: -90, max: 300 }), isLogged: fc.boolean() }), { maxLength: 100 }),
      fc.constantFrom<Paging>({}, { maxItems: 3 }, { emptyPages: [0, 2, 6, 9] }),
      fc.integer({ min: 1, max: 5 }),
      fc.infiniteStream(fc.boolean()),
      async (created, paging, maxCalls, commits) => {
        const incidents = created
          .sort((a, b) => a.minute - b.minute)
          .map(({ minute }, index) => incidentAt(`P${index}`, startMs + minute * minuteMs, index));
        const logged = created.flatMap(({ isLogged }, index) => (isLogged ? `P${index}` : []));
        const { step } = build(incidents, { ...paging, logged });
        const logStartMs = startMs - 40 * minuteMs;
        const told: string[] = [];
        let readToMs = startMs + 30 * minuteMs;
        for (let steps = 0; steps < 100; steps += 1) {
          readToMs += 5 * minuteMs;
          // A page that is empty at each reading is passed over: a commit that fails in between would make it one.
          const isCommitted = paging.emptyPages !== undefined || commits.next().value === true;
          const { ids, queries } = await step({ readToMs, logStartMs, maxCalls }, isCommitted);
          assert.ok(queries.length <= maxCalls);
          if (isCommitted) told.push(...ids);
        }
        const expected = incidents.filter(({ created_at }) => Date.parse(created_at) >= logStartMs);
        assert.deepEqual(
          told,
          expected.map(({ id }) => id).filter((id) => !logged.includes(id)),
          'each once, in order',
        );
      },
    ),
    { numRuns: 60 },
  );
});

t.test('pages that are shorter than asked for, or empty once, hide nothing', async (t) => {
  const incidents = Array.from({ length: 8 }, (_, index) => incidentAt(`P${index}`, startMs + index * 1000, index));
  const { step } = build(incidents, { maxItems: 3, emptyPages: [1] });
  const { ids, check } = await step({ readToMs: closedMs });
  t.strictSame(
    ids,
    incidents.map(({ id }) => id),
  );
  t.equal(check?.outcome, 'missing');
});

t.test('an hour of more incidents than a step reads goes on in the next step, and is one hour', async (t) => {
  const incidents = Array.from({ length: 1_150 }, (_, index) => incidentAt(`P${index}`, startMs + index * 1000, index));
  const { step } = build(incidents, { logged: incidents.slice(1).map(({ id }) => id) });
  const first = await step({ readToMs: closedMs });
  t.equal(first.queries.length, 5);
  t.strictSame(first.check, { hourMs: startMs, outcome: undefined, missingIds: ['P0'] });
  t.strictSame((await step({ readToMs: closedMs })).check, { hourMs: startMs, outcome: undefined, missingIds: [] });
  t.strictSame((await step({ readToMs: closedMs })).check, { hourMs: startMs, outcome: 'missing', missingIds: [] });
  t.equal((await step({ readToMs: closedMs })).check, undefined);
  t.equal((await step({ readToMs: closedMs + hourMs })).check?.outcome, 'complete', 'the next hour is its own');
});

t.test('an hour of more incidents than PagerDuty pages to is read to its end', async (t) => {
  const perSecond = 6;
  const incidents = Array.from({ length: 21_000 }, (_, index) =>
    incidentAt(`P${index}`, startMs + Math.floor(index / perSecond) * 1000, index),
  );
  const { step } = build(incidents);
  const told = new Set<string>();
  for (let steps = 0; steps < 60; steps += 1) for (const id of (await step({ readToMs: closedMs })).ids) told.add(id);
  t.equal(told.size, incidents.filter(({ created_at }) => Date.parse(created_at ?? '') < startMs + hourMs).length);
});

t.test('a second of more incidents than PagerDuty pages to holds up nothing', async (t) => {
  const incidents = Array.from({ length: 12_000 }, (_, index) => incidentAt(`P${index}`, startMs, index));
  const { step } = build([...incidents, incidentAt('PLAST', startMs + minuteMs)]);
  const told = new Set<string>();
  for (let steps = 0; steps < 30; steps += 1) for (const id of (await step({ readToMs: closedMs })).ids) told.add(id);
  t.ok(told.has('PLAST'));
});

t.test('nothing is missing that the log does not cover', async (t) => {
  const incidents = [incidentAt('PBEFORE', startMs + 5 * minuteMs - 1), incidentAt('PNEXTHOUR', startMs + hourMs)];
  const { step } = build(incidents);
  const { ids, check } = await step({ readToMs: closedMs, logStartMs: startMs + 5 * minuteMs });
  t.strictSame(ids, []);
  t.equal(check?.outcome, 'complete');
});

t.test('nothing is missing that may have been trimmed, even by a clock that is an hour ahead', async (t) => {
  for (const retentionMs of [hourMs, 2 * hourMs, 4 * hourMs, 24 * hourMs]) {
    const incidents = Array.from({ length: 600 }, (_, index) => incidentAt(`P${index}`, startMs + index * minuteMs));
    const { step } = build(incidents);
    // The process has slept for some hours after the first step.
    await step({ readToMs: closedMs, retentionMs });
    for (let steps = 0; steps < 20; steps += 1) {
      const readToMs = startMs + 10 * hourMs;
      for (const { atMs } of (await step({ readToMs, retentionMs })).missing) {
        t.ok(atMs >= readToMs - retentionMs + hourMs, `${retentionMs / hourMs} hours`);
      }
    }
  }
});

t.test('an incident without a readable time is told with the time of the hour', async (t) => {
  const { step } = build([{ ...incidentAt('P1', startMs), created_at: 'soon' }]);
  const { missing } = await step({ readToMs: closedMs, logStartMs: startMs + minuteMs });
  t.match(missing, [{ key: 'created P1', atMs: startMs + minuteMs }]);
});

t.test('a check that fails stops nothing, and is tried again a quarter of an hour later', async (t) => {
  const { step, fail, pass } = build([incidentAt('P1', startMs)]);
  const error = new PagerDutyResponseError(403, { errors: [] }, undefined);
  fail(error);
  t.strictSame((await step({ readToMs: closedMs })).check, {
    hourMs: startMs,
    outcome: 'failed',
    missingIds: [],
    failure: error,
  });
  fail(undefined);
  pass(15 * minuteMs - 1);
  t.strictSame((await step({ readToMs: closedMs })).queries, []);
  pass(1);
  t.strictSame((await step({ readToMs: closedMs })).ids, ['P1']);
  const unlogged = () => Promise.reject(new Error('the store is away'));
  t.equal((await step({ readToMs: closedMs + hourMs, unlogged })).check?.outcome, 'complete', 'nothing to ask for');
});

t.test('a store that cannot be asked is a check that failed', async (t) => {
  const { step, pass } = build([incidentAt('P1', startMs)]);
  const unlogged = () => Promise.reject(new Error('the store is away'));
  t.equal((await step({ readToMs: closedMs, unlogged })).check?.outcome, 'failed');
  pass(15 * minuteMs);
  t.strictSame((await step({ readToMs: closedMs })).ids, ['P1']);
});
