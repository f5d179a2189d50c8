import { readFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import Type from 'typebox';
import { Compile } from 'typebox/compile';
import { parse } from 'yaml';
import { knownMetrics } from './support/known-metrics.js';
import { readQuery } from './support/promql.js';
import { readMetrics, type Sample } from './support/read-metrics.js';
import { startService } from './support/running-service.js';

const fileOf = (name: string) => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');

const Text = Type.String({ minLength: 1 });
const { groups } = Compile(
  Type.Object({
    groups: Type.Array(
      Type.Object({
        name: Text,
        rules: Type.Array(
          Type.Object(
            {
              alert: Type.String({ pattern: '^Connector[A-Z][A-Za-z]+$' }),
              expr: Text,
              for: Type.Optional(Type.String({ pattern: '^\\d+[smh]$' })),
              labels: Type.Object({ severity: Type.Enum(['critical', 'warning', 'info']) }),
              annotations: Type.Object({ summary: Text, description: Text }),
            },
            { additionalProperties: false },
          ),
        ),
      }),
    ),
  }),
).Parse(parse(fileOf('monitoring/alerts.yml')));
const alerts = groups.flatMap(({ rules }) => rules);

const Panel = Type.Object({
  id: Type.Number(),
  type: Text,
  title: Text,
  description: Type.Optional(Text),
  gridPos: Type.Object({ h: Type.Number(), w: Type.Number(), x: Type.Number(), y: Type.Number() }),
  targets: Type.Optional(Type.Array(Type.Object({ refId: Text, expr: Text, legendFormat: Text }))),
});
const dashboard = Compile(
  Type.Object({
    title: Text,
    uid: Text,
    templating: Type.Object({ list: Type.Array(Type.Object({ name: Text, query: Text })) }),
    panels: Type.Array(Panel),
  }),
).Parse(JSON.parse(fileOf('monitoring/grafana-dashboard.json')));
const charts = dashboard.panels.filter(({ type }) => type !== 'row');

/** An expression with Grafana's variables replaced, as Grafana does before it asks Prometheus. */
const asked = (expression: string) => expression.replaceAll('$__rate_interval', '1m').replaceAll('$instance', '.*');

/** What `/metrics` renders once there has been an action and a poll. */
async function rendered(t: Test): Promise<{ readonly text: string; readonly samples: readonly Sample[] }> {
  const { call } = await startService(t);
  await call('GET', '/users/PUSER01');
  await call('GET', '/trigger2/incidents');
  const { text } = await call('GET', '/metrics');
  return { text, samples: readMetrics(text) };
}

/** Whether one of the values that a label may have is selected. Each alternative of a pattern must select one. */
function selects(metric: string, { label, operator, value }: { label: string; operator: string; value: string }) {
  const known = knownMetrics[metric.replace(/_(bucket|sum|count)$/, '')]?.[label];
  if (known === undefined || known instanceof RegExp) return false;
  const alternatives = operator.endsWith('~') ? value.split('|') : [value];
  return alternatives.every((one) =>
    known.some((text) => (operator.endsWith('~') ? new RegExp(`^(?:${one})$`).test(text) : text === one)),
  );
}

t.test('the alerts and the dashboard ask for metrics, labels and values that exist', async (t) => {
  const { samples } = await rendered(t);
  const labelsOf = (metric: string) =>
    new Set(samples.filter(({ name }) => name === metric).flatMap(({ labels }) => Object.keys(labels)));
  const expressions = [
    ...alerts.map(({ alert, expr }) => [alert, expr] as const),
    ...charts.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => [title, asked(expr)] as const)),
  ];
  t.ok(expressions.length > 50, `${expressions.length} expressions`);
  for (const [name, expression] of expressions) {
    const { selectors, labels } = readQuery(expression);
    t.ok(selectors.length > 0, name);
    for (const { metric, matchers } of selectors) {
      t.ok(
        samples.some((sample) => sample.name === metric),
        `${name}: ${metric}`,
      );
      for (const matcher of matchers) {
        // Prometheus' own, of the target that it scrapes.
        if (matcher.label === 'instance') continue;
        t.ok(selects(metric, matcher), `${name}: ${metric} ${matcher.label}${matcher.operator}"${matcher.value}"`);
      }
    }
    for (const label of labels) {
      const has = label === 'instance' || selectors.some(({ metric }) => labelsOf(metric).has(label));
      t.ok(has, `${name}: by ${label}`);
    }
  }
});

t.test('each alert says what is the matter and what to do, and can be over', async (t) => {
  t.equal(new Set(alerts.map(({ alert }) => alert)).size, alerts.length, 'names are unique');
  for (const { alert, expr, annotations } of alerts) {
    const { isCondition, labels } = readQuery(expr);
    t.ok(isCondition, `${alert} is a condition`);
    t.match(annotations.summary, /\.$/, alert);
    t.ok(annotations.description.length >= 150 && annotations.description.endsWith('.'), `${alert} says what to do`);
    for (const [, label = ''] of `${annotations.summary} ${annotations.description}`.matchAll(/\$labels\.(\w+)/g)) {
      t.ok(label === 'instance' || labels.includes(label), `${alert}: the result has ${label}`);
    }
    for (const [setting] of annotations.description.matchAll(/\b[A-Z]+(_[A-Z]+)+\b/g)) {
      t.match(fileOf('docs/reference.md'), `| \`${setting}\` |`, `${alert}: ${setting} is a setting`);
    }
    for (const [, other = ''] of annotations.description.matchAll(/\b(connector_\w+)/g))
      t.ok(knownMetrics[other], other);
  }
});

t.test('each panel of the dashboard is drawn, and together they show every metric', async (t) => {
  t.equal(new Set(dashboard.panels.map(({ id }) => id)).size, dashboard.panels.length, 'ids are unique');
  const taken = new Set<string>();
  for (const { title, gridPos } of dashboard.panels) {
    t.ok(gridPos.x + gridPos.w <= 24, `${title} is within the grid`);
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
        t.notOk(taken.has(`${x} ${y}`), `${title} lies on no other`);
        taken.add(`${x} ${y}`);
      }
    }
  }
  const shown = new Set<string>();
  for (const { title, description, targets = [] } of charts) {
    t.match(description, /\.$/, `${title} is explained`);
    t.ok(targets.length > 0, `${title} shows something`);
    for (const { expr, legendFormat } of targets) {
      const { selectors, labels } = readQuery(asked(expr));
      for (const { metric } of selectors) shown.add(metric.replace(/_(bucket|sum|count)$/, ''));
      for (const [, label = ''] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) {
        t.ok(label === 'instance' || labels.includes(label), `${title}: the legend has ${label}`);
      }
    }
  }
  const variables = dashboard.templating.list.map(({ query }) => query).join(' ');
  for (const metric of Object.keys(knownMetrics)) t.ok(shown.has(metric) || variables.includes(metric), metric);
});

t.test('the documented table of metrics is what the service renders', async (t) => {
  const { text, samples } = await rendered(t);
  const rows = [...text.matchAll(/^# HELP (connector_\w+) (.*)\n# TYPE \S+ (\w+)$/gm)].map(
    ([, name = '', help, type]) => {
      const family = samples.find((sample) => sample.name === name || sample.name === `${name}_bucket`);
      const labels = Object.keys(family?.labels ?? {}).filter((label) => label !== 'le');
      return `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join('; ')} | ${help} |`;
    },
  );
  const [, table = ''] = /<!-- metrics -->\n([\s\S]*?)\n<!-- \/metrics -->/.exec(fileOf('docs/operating.md')) ?? [];
  const withoutValues = table.replace(/(`\w+`): [^|;]+(?=;| \|)/g, '$1');
  t.strictSame(withoutValues.split('\n'), [
    '| metric | type | labels | meaning |',
    '| --- | --- | --- | --- |',
    ...rows.sort(),
  ]);
  const listed = [...table.matchAll(/^\| `(\w+)` \| \w+ \| (.*?) \|/gm)].flatMap(([, name = '', labels = '']) =>
    [...labels.matchAll(/`(\w+)`: ([^;]+)/g)].map(([, label = '', values = '']) => ({ name, label, values })),
  );
  t.ok(listed.length >= 8, `${listed.length} labels have their values in the table`);
  for (const { name, label, values } of listed) {
    const known = knownMetrics[name]?.[label];
    t.strictSame(values.split(', ').sort(), Array.isArray(known) ? [...known].sort() : known, `${name} ${label}`);
  }
});
