import fc from 'fast-check';
import t from 'tap';
import { sandboxCredentials } from '../../sandbox/account/seed-account.js';
import { lines } from '../../sandbox/kit/control-client.js';
import {
  type CallOptions,
  errorOf,
  propertiesOf,
  type RunningService,
  startService,
} from '../support/running-service.js';

const { eventsV1Keys, eventsV2Keys } = sandboxCredentials;
const routing_key: string = eventsV2Keys.PSVCWEB;
const trigger = { routing_key, summary: 'The disk is full', severity: 'error', source: 'db-1' };
const acknowledge = { routing_key, event_action: 'acknowledge', dedup_key: 'disk' };

const send = ({ call }: RunningService, body: object, options: CallOptions = {}) =>
  call('POST', '/events/send', { ...options, body });
const sendChange = ({ call }: RunningService, body: object, options: CallOptions = {}) =>
  call('POST', '/events/change', { ...options, body });

/** The bodies that reached PagerDuty. */
async function bodiesSent({ control }: RunningService, work: () => Promise<unknown>) {
  return (await control.sentDuring(work)).map(({ body }) => propertiesOf(body));
}

t.test('an alert is triggered, acknowledged and resolved by its key', async (t) => {
  const service = await startService(t);
  const answer = await send(service, trigger);
  t.match(answer, { status: 200, body: { status: 'success', message: 'Event processed', dedup_key: /^[\w-]{20,}$/ } });
  const { dedup_key } = propertiesOf(answer.body);
  const status = async () => {
    const found = await service.call('GET', `/action8/incidents?incident_key=${dedup_key}`);
    return propertiesOf(found.body).status;
  };
  t.equal(await status(), 'triggered');
  for (const [event_action, becomes] of [
    ['acknowledge', 'acknowledged'],
    ['resolve', 'resolved'],
  ] as const) {
    const next = await send(service, { routing_key, event_action, dedup_key });
    t.match(next, { status: 200, body: { status: 'success', dedup_key } });
    t.equal(await status(), becomes);
  }
});

t.test('events with one key are one alert until it is resolved', async (t) => {
  const service = await startService(t);
  for (const summary of ['first', 'second']) await send(service, { ...trigger, summary, dedup_key: 'disk' });
  await send(service, { ...acknowledge, event_action: 'resolve' });
  await send(service, { ...trigger, summary: 'third', dedup_key: 'disk' });
  const titles = (await service.control.incidents()).map(({ title }) => title);
  t.strictSame(titles, ['first', 'third']);
});

t.test('what an event needs depends on its action, and nothing is sent to find out', async (t) => {
  const service = await startService(t);
  const sent = await service.control.sentDuring(async () => {
    for (const [body, field, message] of [
      [
        { ...trigger, summary: undefined },
        'summary',
        /^Event Summary \(summary\): .+ where the event action is trigger,/,
      ],
      [
        { ...trigger, severity: undefined, event_action: 'trigger' },
        'severity',
        /expected one of info, warning, error/,
      ],
      [{ ...trigger, source: undefined }, 'source', /^Source \(source\): expected a text .+, got nothing\.$/],
      [{ ...acknowledge, dedup_key: undefined }, 'dedup_key', /where the event action is acknowledge, got nothing\.$/],
      [{ ...trigger, event_action: 'resolve' }, 'dedup_key', /where the event action is resolve, got nothing\.$/],
    ] as const) {
      const answer = await send(service, body);
      t.equal(answer.status, 400);
      t.match(errorOf(answer), { code: /^invalid_input$/, field, message });
    }
  });
  t.strictSame(sent, []);
  t.equal((await send(service, trigger)).status, 200);
});

t.test('an event goes to the integration that the call names, else to the connection’s own', async (t) => {
  const service = await startService(t);
  const unnamed = { ...trigger, routing_key: undefined };
  const own: CallOptions = { headers: { 'x-routing-key': eventsV2Keys.PSVCPAY } };
  for (const post of [send, sendChange]) {
    for (const [body, options, key] of [
      [trigger, {}, eventsV2Keys.PSVCWEB],
      [unnamed, own, eventsV2Keys.PSVCPAY],
      [unnamed, { headers: { 'x-routing-key': `  ${eventsV2Keys.PSVCPAY} ` } }, eventsV2Keys.PSVCPAY],
      [trigger, own, eventsV2Keys.PSVCWEB],
      [trigger, { headers: { 'x-routing-key': 'not a key' } }, eventsV2Keys.PSVCWEB],
    ] as const) {
      const sent = await bodiesSent(service, async () => t.equal((await post(service, body, options)).status, 200));
      t.strictSame(
        sent.map((one) => one.routing_key),
        [key],
      );
    }
    const sent = await service.control.sentDuring(async () => {
      for (const headers of [{}, { 'x-routing-key': '' }, { 'x-routing-key': ' ' }]) {
        const answer = await post(service, unnamed, { headers });
        t.match(errorOf(answer), {
          code: /^invalid_input$/,
          field: 'routing_key',
          message: /32 letters and digits here, or in the header X-Routing-Key, got nothing\.$/,
        });
      }
      for (const wrong of ['hunter2', `${routing_key}x`, `${'e'.repeat(31)}ü`, [routing_key, eventsV2Keys.PSVCPAY]]) {
        const value = typeof wrong === 'string' ? Buffer.from(wrong).toString('latin1') : wrong;
        const answer = await post(service, unnamed, { headers: { 'x-routing-key': value } });
        t.equal(answer.status, 400);
        t.match(errorOf(answer), {
          code: /^invalid_input$/,
          field: 'X-Routing-Key',
          message: /^Routing Key .+ got a text/,
        });
        for (const one of [wrong].flat()) t.notOk(answer.text.includes(one));
      }
    });
    t.strictSame(sent, []);
  }
});

t.test('a key that is none of Events API v2 is told of by where it came from, and never repeated', async (t) => {
  const service = await startService(t);
  for (const post of [send, sendChange]) {
    for (const key of [eventsV1Keys.PSVCWEB, 'f0123456789abcdef0123456789abcde']) {
      for (const [body, options, field] of [
        [{ ...trigger, routing_key: key }, {}, 'routing_key'],
        [{ ...trigger, routing_key: undefined }, { headers: { 'x-routing-key': key } }, 'X-Routing-Key'],
      ] as const) {
        const answer = await post(service, body, options);
        t.equal(answer.status, 400);
        t.match(errorOf(answer), {
          code: /^unknown_integration_key$/,
          field,
          message: /an Events API v2 integration, got/,
        });
        t.notOk(answer.text.includes(key));
      }
    }
  }
});

t.test('details are an object or a text, by one input or the other', async (t) => {
  const service = await startService(t);
  for (const post of [send, sendChange]) {
    for (const [inputs, expected] of [
      [{ custom_details: { a: 1 } }, { a: 1 }],
      [{ custom_details: 'words' }, 'words'],
      [{ details_text: 'words' }, 'words'],
      [{}, undefined],
    ] as const) {
      const [sent] = await bodiesSent(service, () => post(service, { ...trigger, ...inputs }));
      t.strictSame(propertiesOf(sent?.payload).custom_details, expected);
    }
    const both = await post(service, { ...trigger, custom_details: {}, details_text: 'words' });
    t.equal(both.status, 400);
    t.match(errorOf(both), {
      field: 'details_text',
      message:
        'Details Text (details_text): expected a text that is not blank only where custom_details is left out, got a text of 5 characters.',
    });
  }
});

t.test('whatever custom details are given, PagerDuty gets them as they were', async (t) => {
  const service = await startService(t);
  await service.control.patch('/settings', { eventsRateLimitPerMinute: 1_000_000 });
  // Keys that could change an object's prototype are refused with the body.
  const key = fc.string().filter((one) => one !== '__proto__' && one !== 'constructor');
  const dangerous = /"(?:__proto__|constructor)"/;
  const details = fc.dictionary(key, fc.jsonValue()).filter((one) => !dangerous.test(JSON.stringify(one)));
  await fc.assert(
    fc.asyncProperty(details, async (custom_details) => {
      const [sent] = await bodiesSent(service, () => send(service, { ...trigger, custom_details }));
      t.strictSame(
        JSON.stringify(propertiesOf(sent?.payload).custom_details),
        JSON.stringify(JSON.parse(JSON.stringify(custom_details))),
      );
    }),
    { numRuns: 50 },
  );
});

t.test(
  'an acknowledgement has a payload only if one was given, and items of lists have what is documented',
  async (t) => {
    const service = await startService(t);
    const sent = await bodiesSent(service, async () => {
      await send(service, acknowledge);
      await send(service, { ...trigger, ...acknowledge });
      await send(service, {
        ...trigger,
        images: [{ src: 'https://a.b/c.png', width: 7 }],
        links: [{ href: 'https://a.b', rel: 'x' }],
      });
    });
    t.strictSame(sent[0], acknowledge);
    t.strictSame(sent[1]?.payload, { summary: 'The disk is full', severity: 'error', source: 'db-1' });
    t.strictSame([sent[2]?.images, sent[2]?.links], [[{ src: 'https://a.b/c.png' }], [{ href: 'https://a.b' }]]);
  },
);

t.test('an event without a key whose answer is lost is sent again under the same key, and is one alert', async (t) => {
  const service = await startService(t);
  await service.control.fault({ path: '/v2/enqueue' }, { cut: 'after' });
  const sent = await bodiesSent(service, async () => t.equal((await send(service, trigger)).status, 200));
  t.equal(sent.length, 2);
  t.strictSame(sent[0], sent[1]);
  t.equal((await service.control.incidents()).length, 1);
  const [other] = await bodiesSent(service, () => send(service, trigger));
  t.not(other?.dedup_key, sent[0]?.dedup_key, 'another event has another key');
});

t.test('what PagerDuty says of an event is passed on', async (t) => {
  const service = await startService(t);
  const fault = (what: object) => service.control.fault({ path: '/v2/' }, what);
  await fault({ status: 400, body: { status: 'invalid event', message: 'Event object is invalid', errors: ['No.'] } });
  const invalid = await send(service, trigger);
  t.equal(invalid.status, 400);
  t.match(errorOf(invalid), {
    code: /^pagerduty_rejected$/,
    message: /^PagerDuty answered 400 \(Event object is invalid: No\.\)/,
    pagerduty: { status: 400, errors: ['No.'] },
  });
  await fault({ status: 429, headers: { 'retry-after': '20' } });
  t.match(await send(service, trigger), { status: 429, headers: { 'retry-after': /^20$/ } });
  await fault({ status: 413 });
  const large = await sendChange(service, trigger);
  t.equal(large.status, 413);
  t.match(errorOf(large), { code: /^pagerduty_too_large$/, pagerduty: { status: 413 } });
});

t.test('an event may be as large as PagerDuty takes it, and no larger', async (t) => {
  const service = await startService(t);
  const sized = (bytes: number) => ({ ...trigger, custom_details: { log: 'x'.repeat(bytes) } });
  t.equal((await send(service, sized(510 * 1024))).status, 200);
  const sent = await service.control.sentDuring(async () => {
    const answer = await send(service, sized(512 * 1024));
    t.equal(answer.status, 413);
    t.match(errorOf(answer), { code: /^body_too_large$/, message: 'Body: expected at most 512 KiB, got more.' });
  });
  t.strictSame(sent, []);
});

t.test('a change event is kept by its service and opens nothing', async (t) => {
  const service = await startService(t);
  const answer = await sendChange(service, {
    routing_key,
    summary: 'Deployed 1.2.3',
    source: 'pipeline-7',
    timestamp: '2026-01-05T09:00:00Z',
    custom_details: { build: 220 },
    links: [{ href: 'https://ci.example.com/220', text: 'The build' }],
  });
  t.match(answer, { status: 200, body: { status: 'success', message: 'Change event processed' } });
  t.match(await service.control.get('/changes'), {
    changes: [
      {
        serviceId: 'PSVCWEB',
        summary: 'Deployed 1.2.3',
        source: 'pipeline-7',
        timestamp: '2026-01-05T09:00:00Z',
        details: { build: 220 },
        contexts: [{ type: 'link', href: 'https://ci.example.com/220', text: 'The build' }],
      },
    ],
  });
  t.strictSame(await service.control.incidents(), []);
});

t.test('a change event that PagerDuty may have taken is never sent twice', async (t) => {
  const service = await startService(t);
  for (const fault of [{ cut: 'after' }, { cut: 'before' }, { status: 500, handled: true }, { brokenBody: 'empty' }]) {
    await service.control.fault({ path: '/v2/change/enqueue' }, fault);
    const sent = await service.control.sentDuring(async () => {
      const answer = await sendChange(service, trigger);
      t.equal(answer.status, 502, answer.text);
      t.match(errorOf(answer), { mayHaveBeenDone: true, message: /Look at the recent changes of the service before/ });
    });
    t.strictSame(lines(sent), ['POST /v2/change/enqueue']);
  }
});

t.test('PagerDuty is not shown the API key of an event, which may be the integration key itself', async (t) => {
  const service = await startService(t);
  const sent = await service.control.sentDuring(async () => {
    t.equal((await send(service, trigger, { key: routing_key })).status, 200);
  });
  t.strictSame(
    sent.map(({ key }) => key),
    ['PSVCWEB events v2'],
  );
});
