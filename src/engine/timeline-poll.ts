import type { Connection } from '../connection/connection.js';
import { Frontier } from './frontier.js';
import { takeIn } from './intake.js';
import type { PollContext } from './poll-context.js';
import { afterSweep, beginSweeps, tipStart } from './poll-state.js';
import { readForward } from './read-forward.js';
import { frontierMs } from './snapshot.js';

const source = 'timeline';
/** What is read back, or again, leaves so many calls to what is new. */
const keptCalls = 20;

/**
 * Reads the timeline: what is new, then what hosts need from before the log's start, then what may have been listed late.
 * What does not fit into the poll is left to the next.
 * @returns which of the watched notes are to be read
 * @throws {PagerDutyResponseError} 403 if the key may not read the timeline
 */
export async function pollTimeline(context: PollContext, connection: Connection): Promise<'all' | 'from-entries'> {
  const tip = tipStart(context.state, context.header, !context.notes.isEmpty);
  if (await readTip(context, connection, tip.fromMs)) {
    await readBack(context, connection);
    await sweep(context, connection);
  }
  return tip.notes;
}

/** @returns false if a part of what is new is left to the next poll */
async function readTip(context: PollContext, connection: Connection, startMs: number): Promise<boolean> {
  /** The earliest event that waits for its incident: nothing behind it counts as handed over. */
  let heldAtMs = Number.POSITIVE_INFINITY;
  const isAtPresent = await readForward(context, connection, {
    fromMs: startMs,
    endMs: undefined,
    widthMs: context.state.tipWidthMs,
    keptCalls: undefined,
    keepWidth: (tipWidthMs) => {
      context.state = { ...context.state, tipWidthMs };
    },
    take: async ({ untilMs, beganAtMs, events }) => {
      const settledMs = context.readToMs(source, beganAtMs);
      const readToMs = Math.min(untilMs ?? settledMs, settledMs);
      await takeIn(context, connection, events, {
        source,
        advance: (header, heldMs = Number.POSITIVE_INFINITY) => {
          heldAtMs = Math.min(heldAtMs, heldMs);
          // The slices of a poll follow one another: what was read begins with the first.
          const read = { fromMs: startMs, readToMs: Math.min(readToMs, heldAtMs) };
          const timelineMs = Frontier.at(header.timelineMs ?? frontierMs(header)).afterSlice(read).ms;
          return { ...header, source, timelineMs };
        },
      });
      context.state = { ...context.state, ownFrontierMs: frontierMs(context.header) };
      // An event that is held is not in the log yet: who registers now has to be shown it.
      if (untilMs === undefined && heldAtMs === Number.POSITIVE_INFINITY) context.presentReadAtMs = beganAtMs;
      return true;
    },
  });
  if (isAtPresent) context.state = { ...context.state, tipWidthMs: Number.POSITIVE_INFINITY };
  return isAtPresent;
}

/** Reads back what hosts need from before the log's start. */
async function readBack(context: PollContext, connection: Connection): Promise<void> {
  const { header, log, state } = context;
  const begun = header.backfill;
  const fromMs = Math.min(state.backfillRequestMs, begun?.fromMs ?? Number.POSITIVE_INFINITY);
  context.state = { ...context.state, backfillRequestMs: Number.POSITIVE_INFINITY };
  if (fromMs >= log.startMs) return;
  const endMs = log.startMs;
  await readForward(context, connection, {
    fromMs: begun?.fromMs === fromMs ? begun.readToMs : fromMs,
    endMs,
    widthMs: state.backfillWidthMs,
    keptCalls,
    keepWidth: (backfillWidthMs) => {
      context.state = { ...context.state, backfillWidthMs };
    },
    take: async ({ untilMs = endMs, events }) => {
      const heldAtMs = await takeIn(context, connection, events, {
        source,
        fromMs,
        advance: (before, heldAtMs) => {
          const readToMs = heldAtMs ?? untilMs;
          const isDone = readToMs >= endMs;
          return {
            ...before,
            logStartMs: isDone ? fromMs : before.logStartMs,
            backfill: isDone ? undefined : { fromMs, readToMs },
          };
        },
      });
      return heldAtMs === undefined;
    },
  });
}

/** Reads again, the deeper the rarer, what lies before the frontier: PagerDuty may have listed something late. */
async function sweep(context: PollContext, connection: Connection): Promise<void> {
  const { retentionMs } = context.options;
  const header = { ...context.header, logStartMs: context.log.startMs };
  const { monotonicMs } = context;
  context.state = beginSweeps(context.state, header, { source, monotonicMs, retentionMs });
  if (context.state.sweeps.some((begun) => begun !== undefined)) await context.log.refresh();
  for (const [level, begun] of context.state.sweeps.entries()) {
    if (begun === undefined) continue;
    let current = begun;
    const isDone = await readForward(context, connection, {
      fromMs: begun.readToMs,
      endMs: begun.untilMs,
      widthMs: begun.widthMs,
      keptCalls,
      keepWidth: (widthMs) => {
        current = { ...current, widthMs };
        context.state = afterSweep(context.state, level, current);
      },
      take: async ({ untilMs = begun.untilMs, events }) => {
        await takeIn(context, connection, events, { source, isLate: true, advance: (before) => before });
        current = { ...current, readToMs: untilMs };
        context.state = afterSweep(context.state, level, current);
        return true;
      },
    });
    if (isDone) context.state = afterSweep(context.state, level, undefined);
  }
}
