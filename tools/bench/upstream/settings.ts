import Type, { type Static } from 'typebox';
import { Compile } from 'typebox/compile';

const UpstreamSettings = Type.Object({
  /** Every answer takes at least that long. */
  latencyMs: Type.Number(),
  /** How often the service is to poll each connection. */
  intervalMs: Type.Number(),
  /** So many connections, or open incidents of a connection, change within 30 seconds. */
  changingPercent: Type.Number(),
});

export type UpstreamSettings = Static<typeof UpstreamSettings>;

const settings = Compile(UpstreamSettings);

export function readUpstreamSettings(text: string): UpstreamSettings {
  return settings.Parse(JSON.parse(text));
}

const turnMs = 30_000;

/**
 * When the thing with this number changed last, on a fixed plan: in each turn of 30 seconds as many change as the
 * settings say, each at a time of its own. Undefined if nothing changes.
 */
export function lastChange(number: number, { changingPercent }: UpstreamSettings, nowMs: number) {
  if (changingPercent <= 0) return undefined;
  const period = Math.max(1, Math.round(100 / changingPercent));
  const offsetMs = (number * 7_919) % turnMs;
  const turn = Math.floor((nowMs - offsetMs) / turnMs);
  const last = turn - ((((turn + number) % period) + period) % period);
  return { turn: last, atMs: last * turnMs + offsetMs };
}
