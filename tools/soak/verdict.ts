import type { Growth } from './judge-growth.js';
import type { Soak } from './play-soak.js';
import type { Sample } from './sample.js';

const maxRows = 30;

/** Everything that a soak must not come to; nothing if it passed. */
export function failuresOf(
  { deliveries, restarts }: Pick<Soak, 'deliveries' | 'restarts'>,
  growth: readonly Growth[] | undefined,
): readonly string[] {
  const unclean = restarts.filter(({ signal, exitCode }) => signal === 'SIGTERM' && exitCode !== 0);
  return [
    ...(deliveries.owed === 0 ? ['nothing was to be delivered'] : []),
    ...(deliveries.lost > 0 ? [`${deliveries.lost} deliveries lost`] : []),
    ...(deliveries.tooMany > 0 ? [`${deliveries.tooMany} deliveries too many`] : []),
    ...unclean.map(({ exitCode }) => `SIGTERM ended the service with ${exitCode}`),
    ...(growth ?? []).filter(({ grows }) => grows).map(({ name }) => `${name} grows`),
  ];
}

/** What was recorded, as a table of at most thirty rows, then everything that was judged. */
export function renderSoak(soak: Soak, growth: readonly Growth[] | undefined, failures: readonly string[]): string {
  const every = Math.max(1, Math.ceil(soak.samples.length / maxRows));
  const rows = soak.samples.filter((_, index) => index % every === 0 || index === soak.samples.length - 1);
  return [
    '     time  life  resident MiB  live heap MiB  handles  database MiB  happened  loop p99 ms',
    ...rows.map(rowOf),
    '',
    `${soak.hosts} hosts polled ${soak.hostPolls} times, ${soak.failedHostPolls} without an answer to use; ${soak.actionCalls} calls of actions, ${soak.actionsDone} done;`,
    `${soak.troubles} troubles at PagerDuty; the service was ended by ${soak.restarts.map(({ signal }) => signal).join(', ') || 'nothing'}.`,
    `${soak.happened} events at PagerDuty; hosts were owed ${soak.deliveries.owed} deliveries: ${soak.deliveries.lost} lost, ${soak.deliveries.tooMany} too many.`,
    '',
    ...(growth ?? []).map(growthLine),
    growth === undefined ? 'Growth: the last life was too short to tell.' : '',
    failures.length === 0 ? 'PASSED' : `FAILED: ${failures.join('; ')}`,
    '',
  ].join('\n');
}

function rowOf(sample: Sample): string {
  return [
    `${sample.atSeconds.toFixed(0)} s`.padStart(9),
    String(sample.life).padStart(4),
    sample.residentMib.toFixed(1).padStart(12),
    sample.liveHeapMib.toFixed(1).padStart(13),
    String(sample.handles).padStart(7),
    sample.databaseMib.toFixed(2).padStart(12),
    String(sample.happened).padStart(8),
    sample.loopDelayP99Ms.toFixed(1).padStart(11),
  ].join('  ');
}

function growthLine({ name, unit, thirds, tolerance, grows }: Growth): string {
  const values = thirds.map((value) => value.toFixed(1)).join(' → ');
  return `${grows ? 'GROWS' : 'level'}  ${name}, ${unit}: ${values} (tolerated: ${tolerance.toFixed(1)} more)`;
}
