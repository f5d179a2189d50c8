import { eventKinds } from '../../src/engine/events.js';
import { Metrics } from '../../src/telemetry/metrics.js';
import { renderTable } from './fill-tables.js';

/** The table of the service's own metrics: what `/metrics` renders of them, and the values known from the start. */
export async function metricsTable(): Promise<string> {
  const metrics = new Metrics({ eventKinds });
  metrics.read({
    connections: () => 0,
    polledConnections: () => 0,
    listedBytes: () => 0,
    slowPolls: () => 0,
    openSockets: async () => 0,
    backend: { store: () => true, redis: () => true },
  });
  metrics.storeInUse('sqlite');
  metrics.storeInUse('redis');
  const known = labelsIn(await metrics.render());

  // A metric shows its labels once it has been used. Their values here are no values that a service has.
  metrics.request('operation', 200, 1);
  metrics.upstreamCall({ endpoint: 'endpoint', outcome: 'outcome', durationMs: 1 });
  metrics.pagesOf('trigger')(1);
  metrics.storeOperation('operation').took(1);
  const text = await metrics.render();
  const used = labelsIn(text);

  const rows = [...text.matchAll(/^# HELP (connector_\w+) (.*)\n# TYPE \S+ (\w+)$/gm)].map(
    ([, name = '', help = '', type = '']) => {
      const labels = [...(used.get(name)?.keys() ?? [])].map((label) => {
        const values = known.get(name)?.get(label);
        return values === undefined ? `\`${label}\`` : `\`${label}\`: ${[...values].join(', ')}`;
      });
      return [`\`${name}\``, type, labels.join('; '), help];
    },
  );
  const byName = rows.sort(([one = ''], [other = '']) => (one < other ? -1 : 1));
  return renderTable(['metric', 'type', 'labels', 'meaning'], byName);
}

/** The values of each label of each metric, in their order. */
function labelsIn(text: string): ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>> {
  const found = new Map<string, Map<string, Set<string>>>();
  for (const [, name = '', labels = ''] of text.matchAll(/^(connector_\w+?)(?:_bucket|_sum|_count)?\{(.*)\} \S+$/gm)) {
    const metric = found.get(name) ?? new Map<string, Set<string>>();
    found.set(name, metric);
    for (const [, label = '', value = ''] of labels.matchAll(/(\w+)="([^"]*)"/g)) {
      if (label === 'le') continue;
      const values = metric.get(label) ?? new Set();
      metric.set(label, values.add(value));
    }
  }
  return found;
}
