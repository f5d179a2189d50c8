import type { Growth } from './judge-growth.js';
import type { Soak } from './play-soak.js';

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
