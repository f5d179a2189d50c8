import { readFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import { sandboxCredentials } from '../sandbox/account/seed-account.js';
import { operations } from '../src/operations/operations.js';
import { AlertRequest } from '../src/opsgenie/alert-event.js';
import { type Answer, propertiesOf, type RunningService, startService } from './support/running-service.js';

const page = readFileSync(new URL('../docs/moving-here.md', import.meta.url), 'utf8');

/** The code blocks below a heading, in order. */
function blocksOf(heading: string): readonly { readonly language: string; readonly text: string }[] {
  const [, section = ''] = page.split(`\n## ${heading}\n`);
  const [own = ''] = section.split('\n## ');
  return [...own.matchAll(/```(\w+)\n([\s\S]*?)```/g)].map(([, language = '', text = '']) => ({ language, text }));
}

/** The page's placeholders, as the sandbox has them. */
function filledIn(text: string, id: string): string {
  return text
    .replaceAll('YOUR_ROUTING_KEY', sandboxCredentials.eventsV2Keys.PSVCWEB)
    .replaceAll('YOUR_KEY', sandboxCredentials.accountKey)
    .replaceAll('SERVICE_ID', 'PSVCWEB')
    .replaceAll('USER_ID', 'PUSER02')
    .replaceAll('{ID}', id);
}

/** Sends what an `http` block says: a request line, headers, an empty line, a body. */
function play({ call }: RunningService, text: string): Promise<Answer> {
  const [head = '', body = ''] = text.split('\n\n');
  const [line = '', ...fields] = head.trimEnd().split('\n');
  const [, method = '', path = ''] = /^([A-Z]+) https:\/\/connector\.example\.com(\/\S+)$/.exec(line) ?? [];
  const headers = Object.fromEntries(fields.map((field) => field.split(/: (.*)/, 2)));
  return call(method, path, { key: null, headers, body: body === '' ? undefined : JSON.parse(body) });
}

/** Plays a recipe's requests, and compares each answer with the one below it, in which … stands for anything. */
async function playRecipe(t: Test, service: RunningService, heading: string): Promise<unknown> {
  const blocks = blocksOf(heading);
  let id = '';
  let answer: Answer | undefined;
  for (const { language, text } of blocks) {
    if (language === 'http') {
      answer = await play(service, filledIn(text, id));
      t.ok([200, 202].includes(answer.status), answer.text);
      id = String(propertiesOf(answer.body).id ?? id);
    } else {
      const expected: unknown = JSON.parse(filledIn(text, id), (_, value) => (value === '…' ? /./ : value));
      t.match(answer?.body, expected ?? {});
      answer = undefined;
    }
  }
  t.equal(answer, undefined, 'every answer is shown');
  return id;
}

t.test('the table of fields has every input of Send event, once', async (t) => {
  const [, table = ''] = /<!-- fields -->\n([\s\S]*?)<!-- \/fields -->/.exec(page) ?? [];
  const named = [...table.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name);
  const inputs = operations.find(({ id }) => id === 'SendEvent')?.input.properties ?? {};
  t.strictSame([...named].sort(), Object.keys(inputs).sort());
});

t.test('the table of actions has the paths of the definition', async (t) => {
  const named = [...page.matchAll(/^\| [^|]+ \| [A-Z][\w ]+: `(\w+) ([^`]+)` \|$/gm)].map(([, method, path = '']) => {
    return `${method} ${path.replace('SERVICE_ID', '{serviceId}').replace('…', '{incidentId}')}`;
  });
  t.equal(named.length, 5);
  for (const one of named)
    t.ok(
      operations.some(({ method, path }) => `${method} ${path}` === one),
      one,
    );
});

t.test('the recipe for Sentry triggers an alert with all that Sentry says, and resolves it', async (t) => {
  const service = await startService(t);
  await playRecipe(t, service, 'Sentry');
  const [incident] = await service.control.incidents();
  t.match(incident, { title: 'TypeError: price is undefined', key: 'CHECKOUT-42', status: 'resolved' });
});

t.test('the recipe for Airflow sends with the headers of its connection', async (t) => {
  const service = await startService(t);
  const [extra, operator, ...more] = blocksOf('Airflow');
  t.strictSame([extra?.language, operator?.language, more], ['json', 'python', []]);
  const argument = (name: string) => new RegExp(`\\b${name}="([^"]*)"`).exec(operator?.text ?? '')?.[1] ?? '';
  const [, event = ''] = /json\.dumps\((\{[\s\S]*\n {4}\})\)/.exec(operator?.text ?? '') ?? [];
  const headers = JSON.parse(filledIn(extra?.text ?? '', ''));
  const body: unknown = JSON.parse(event);
  const answer = await service.call(argument('method'), `/${argument('endpoint')}`, { key: null, headers, body });
  t.match(answer, { status: 200, body: { status: 'success', dedup_key: propertiesOf(body).dedup_key } }, answer.text);
  t.match(await service.control.incidents(), [{ title: propertiesOf(body).summary, status: 'triggered' }]);
});

t.test('the recipe for a webhook configuration lives the whole life of an alert', async (t) => {
  const service = await startService(t);
  const id = await playRecipe(t, service, 'A webhook configuration');
  t.strictSame(
    (await service.control.history(String(id))).filter((kind) => kind !== 'assigned'),
    ['created', 'acknowledged', 'resolved'],
  );
});

t.test('the recipe for an Opsgenie sender lives the whole life of an alert', async (t) => {
  const service = await startService(t, { environment: { OPSGENIE_BRIDGE: 'on' } });
  const sent = await service.control.sentDuring(() => playRecipe(t, service, 'An Opsgenie sender'));
  t.match(await service.control.incidents(), [
    { title: 'TypeError: price is undefined', key: 'sentry: 42', status: 'resolved' },
  ]);
  t.match(
    sent.map(({ body }) => body),
    [
      {
        event_action: 'trigger',
        payload: {
          source: 'Sentry',
          severity: 'warning',
          component: '/cart/total',
          custom_details: { details: { Level: 'error' }, recipients: 'ada, grace' },
        },
      },
      { event_action: 'acknowledge' },
      { payload: { summary: 'Note on sentry: 42: The last release is to blame.', custom_details: { user: 'Grace' } } },
      { event_action: 'resolve' },
    ],
  );
});

t.test('the settings for an Opsgenie sender are those that the recipe is played with', async (t) => {
  const [, address = ''] = /^\| OpsGenie Alert URL \| `(\S+)` \|$/m.exec(page) ?? [];
  const [first] = blocksOf('An Opsgenie sender');
  t.match(first?.text, `POST ${address}\n`);
  t.match(page, '| API key | `YOUR_ROUTING_KEY` |');
  t.match(first?.text, 'GenieKey YOUR_ROUTING_KEY');
  const [, base = ''] = /`opsgenie_api_url` to `(\S+)`/.exec(page) ?? [];
  t.equal(`${base}v2/alerts`, address);
});

t.test('the table of Opsgenie’s fields has every field that is carried over, once', async (t) => {
  const [, table = ''] = /<!-- opsgenie -->\n([\s\S]*?)<!-- \/opsgenie -->/.exec(page) ?? [];
  const named = [...table.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name);
  t.strictSame([...named].sort(), Object.keys(AlertRequest.properties).sort());
});
