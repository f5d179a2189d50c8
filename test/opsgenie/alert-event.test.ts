import fc from 'fast-check';
import t from 'tap';
import { alertEvent, readAlertRequest } from '../../src/opsgenie/alert-event.js';
import { propertiesOf } from '../support/running-service.js';

/** The payload of the event that a body of Create Alert becomes, as it goes over the wire. */
function payloadOf(body: object): Readonly<Record<string, unknown>> {
  const event: unknown = JSON.parse(JSON.stringify(alertEvent(readAlertRequest(body), 'disk')));
  return propertiesOf(propertiesOf(event).payload);
}

t.test('every field of an alert has its place in the event', async (t) => {
  const event = alertEvent(
    readAlertRequest({
      message: 'The disk is full',
      alias: 'disk',
      description: 'Since noon.',
      responders: [{ name: 'Ops', type: 'team' }],
      visibleTo: [{ username: 'grace@example.com', type: 'user' }],
      teams: [{ name: 'Ops' }],
      recipients: 'ada, grace',
      actions: ['Restart'],
      tags: ['disk', 'db'],
      details: { free: '1%' },
      entity: 'mysql',
      source: 'db-1',
      priority: 'P1',
      user: 'Ada',
      note: 'Look at the log.',
      unknown: 'left out',
    }),
    'disk',
  );
  t.strictSame(JSON.parse(JSON.stringify(event)), {
    event_action: 'trigger',
    dedup_key: 'disk',
    payload: {
      summary: 'The disk is full',
      source: 'db-1',
      severity: 'critical',
      component: 'mysql',
      custom_details: {
        description: 'Since noon.',
        priority: 'P1',
        details: { free: '1%' },
        tags: ['disk', 'db'],
        actions: ['Restart'],
        responders: [{ name: 'Ops', type: 'team' }],
        recipients: 'ada, grace',
        teams: [{ name: 'Ops' }],
        visibleTo: [{ username: 'grace@example.com', type: 'user' }],
        user: 'Ada',
        note: 'Look at the log.',
      },
    },
  });
});

t.test('a message alone is an alert of Opsgenie’s usual priority', async (t) => {
  for (const more of [{}, { alias: null, description: null, details: null, tags: null, priority: null }]) {
    t.strictSame(payloadOf({ message: 'The disk is full', ...more }), {
      summary: 'The disk is full',
      source: 'Opsgenie API',
      severity: 'warning',
      custom_details: { priority: 'P3' },
    });
  }
});

t.test('each priority has its severity', async (t) => {
  const severities = ['P1', 'P2', 'P3', 'P4', 'P5'].map((priority) => payloadOf({ message: 'x', priority }).severity);
  t.strictSame(severities, ['critical', 'error', 'warning', 'info', 'info']);
});

t.test('a source that is left out or blank is the entity, if there is one', async (t) => {
  t.match(payloadOf({ message: 'x', entity: 'mysql', source: ' ' }), { source: 'mysql', component: 'mysql' });
  t.match(payloadOf({ message: 'x', entity: ' ', source: '' }), { source: 'Opsgenie API', component: undefined });
});

t.test('a message that is too long for PagerDuty is cut, and is whole in the details', async (t) => {
  t.match(payloadOf({ message: 'x'.repeat(1024) }), {
    summary: 'x'.repeat(1024),
    custom_details: { message: undefined },
  });
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1000, maxLength: 2000 }), (text) => {
      const message = `x${text}`.toWellFormed();
      const { summary, custom_details } = payloadOf({ message });
      if (typeof summary !== 'string') return false;
      const whole = message.length <= 1024 ? summary : propertiesOf(custom_details).message;
      return summary.length <= 1024 && summary.isWellFormed() && whole === message;
    }),
    { examples: [['🔥'.repeat(600)], [`x${'🔥'.repeat(600)}`]] },
  );
});

t.test('an alias that had to be shortened is whole in the details', async (t) => {
  const alias = 'x'.repeat(300);
  t.match(payloadOf({ message: 'x', alias }), { custom_details: { alias } });
});

t.test('whatever is only carried along is never a reason to refuse an alert', async () => {
  const carried = ['tags', 'actions', 'responders', 'recipients', 'teams', 'visibleTo'];
  fc.assert(
    fc.property(fc.constantFrom(...carried), fc.jsonValue(), (name, value) => {
      const { custom_details } = payloadOf({ message: 'x', [name]: value });
      const kept = propertiesOf(custom_details)[name];
      return JSON.stringify(kept) === (value === null ? undefined : JSON.stringify(value));
    }),
  );
});

t.test('every wrong field is named at once, and no value is repeated', async (t) => {
  const wrong = {
    message: ' \n',
    alias: 7,
    description: ['a secret'],
    source: {},
    entity: true,
    priority: 'P6',
    details: ['a secret'],
    user: 1,
    note: 2,
    recipients: 3,
  };
  const thrown = (body: unknown) => {
    try {
      return readAlertRequest(body);
    } catch (error) {
      return error;
    }
  };
  t.match(thrown(wrong), {
    code: /^invalid_alert$/,
    statusCode: 422,
    message: 'Request body is not processable. Please check the errors.',
    errors: {
      message: 'should be a text that is not empty',
      alias: 'should be a text',
      description: 'should be a text',
      source: 'should be a text',
      entity: 'should be a text',
      priority: 'should be one of [ P1, P2, P3, P4, P5 ]',
      details: 'should be an object of names and texts',
      user: 'should be a text',
      note: 'should be a text',
    },
  });
  t.notMatch(JSON.stringify(thrown(wrong)), 'a secret');
  t.match(thrown({}), { errors: { message: /./ } });
  for (const body of [[], 'text', 7, null, undefined]) t.match(thrown(body), { errors: { body: /object/ } });
});
