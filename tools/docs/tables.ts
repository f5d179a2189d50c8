import { settings } from '../../src/config/settings.js';
import { errorCodes } from '../../src/errors/error-codes.js';
import { operations } from '../../src/operations/operations.js';
import { triggers } from '../../src/triggers/triggers.js';
import type { Endpoint } from '../../src/wire/endpoint.js';
import { renderTable } from './fill-tables.js';
import { limitsTable } from './limits-table.js';
import { metricsTable } from './metrics-table.js';

const actions = operations.filter(({ visibility }) => visibility === 'important');
const internal = operations.filter(({ visibility }) => visibility === 'internal');

/** Every table that the documents take from the code, by the name of its markers. */
export async function renderTables(): Promise<Readonly<Record<string, string>>> {
  return {
    actions: renderTable(
      ['action', 'what it does'],
      actions.map((action) => [nameOf(action), action.description]),
    ),
    triggers: renderTable(
      ['trigger', 'it starts a flow'],
      triggers.map((trigger) => [nameOf(trigger), occasionOf(trigger)]),
    ),
    internal: renderTable(
      ['operation', 'what it does'],
      internal.map(({ id, description }) => [code(id), description]),
    ),
    requests: renderTable(
      ['operation', 'request', 'needs', 'may have'],
      [...operations, ...triggers].map((endpoint) => [
        code(endpoint.id),
        code(`${endpoint.method} ${endpoint.path}`),
        inputsOf(endpoint, true),
        inputsOf(endpoint, false),
      ]),
    ),
    'supported-actions': actions.map(itemOf).join('\n'),
    'supported-triggers': triggers
      .map((trigger) => itemOf({ ...trigger, description: `Starts a flow ${occasionOf(trigger)}.` }))
      .join('\n'),
    settings: renderTable(
      ['variable', 'default', 'meaning'],
      Object.values(settings).map(({ variable, fallback, meaning }) => [
        code(variable),
        fallback === '' ? 'unset' : code(fallback),
        meaning,
      ]),
    ),
    throttling: renderTable(
      ['name', 'calls', 'renewal period'],
      [
        [
          'API calls per connection',
          settings.rateLimitCalls.fallback,
          `${settings.rateLimitWindowMs.fallback} seconds`,
        ],
        ['Frequency of trigger polls', '1', `${settings.triggerPollMs.fallback} seconds`],
      ],
    ),
    limits: limitsTable(),
    errors: renderTable(
      ['status', 'code', 'meaning'],
      Object.entries(errorCodes).map(([name, { statuses, meaning }]) => [statuses.join(', '), code(name), meaning]),
    ),
    metrics: await metricsTable(),
  };
}

function nameOf({ summary, id }: Endpoint): string {
  return `${summary} (${code(id)})`;
}

function itemOf({ summary, id, description }: Pick<Endpoint, 'summary' | 'id' | 'description'>): string {
  return `- **${summary}** (${code(id)}): ${description}`;
}

/** "when a new incident is created": the description begins with the same three words for every trigger. */
function occasionOf({ description }: Endpoint): string {
  return description.replace(/^This operation triggers /, '').replace(/\.$/, '');
}

function inputsOf({ input }: Endpoint, needed: boolean): string {
  const names = Object.keys(input.properties).filter((name) => (input.required ?? []).includes(name) === needed);
  return names.map(code).join(', ');
}

function code(text: string): string {
  return `\`${text}\``;
}
