import { request } from 'node:http';
import type { ControlClient } from '../../sandbox/kit/control-client.js';
import { actionCases, prepare, requestOf } from './action-cases.js';
import { keyWays, markedSecrets as secret } from './marked-secrets.js';
import { misplaceSecrets } from './misplace-secrets.js';
import { propertiesOf } from './running-service.js';
import { until } from './until.js';
import type { Witness } from './witness.js';

const byAccountKey = { 'x-api-key': secret.accountKey };
const alerts = '/opsgenie/v2/alerts';

/** Has a service do everything that it can, well and badly, with marked secrets wherever one can be. */
export async function takeEveryPath(witness: Witness, control: ControlClient): Promise<void> {
  await callOperations(witness, control);
  await sendKeysOfEachKind(witness);
  await sendToBridge(witness);
  await Promise.all([misplaceSecrets(witness), failInTheBackground(witness, control)]);
  await meetFaults(witness, control);
  await readPages(witness);
}

/** Every operation with good inputs and a good key, with one that may only read, and with one that nobody knows. */
async function callOperations(witness: Witness, control: ControlClient): Promise<void> {
  for (const [index, action] of actionCases.entries()) {
    for (const key of [secret.accountKey, secret.readOnlyKey, secret.unknownKey]) {
      const prepared = await prepare(control, action);
      const { method, path, body } = requestOf(action.operation, action.inputs(...prepared));
      const headers = { ...keyWays[index % keyWays.length]?.(key), 'x-routing-key': secret.headerRoutingKey };
      await witness.call(method, path, headers, body);
    }
  }
  const event = { summary: 'The disk is full', source: 'db-1', severity: 'info' };
  for (const key of [secret.headerRoutingKey, secret.unknownRoutingKey, secret.misplaced]) {
    const headers = { ...byAccountKey, 'x-routing-key': key };
    await witness.call('POST', '/events/send', headers, event);
    await witness.call('POST', '/events/change', headers, event);
  }
  for (const routing_key of [secret.bodyRoutingKey, secret.unknownRoutingKey, secret.misplaced, [secret.misplaced]]) {
    await witness.call('POST', '/events/send', byAccountKey, { ...event, routing_key });
    await witness.call('POST', '/events/change', byAccountKey, { ...event, routing_key });
  }
  for (const service_key of [secret.serviceKey, secret.bodyRoutingKey, secret.unknownRoutingKey, secret.misplaced]) {
    const body = { service_key, description: 'The disk is full', incident_key: 'disk' };
    await witness.call('POST', '/incidents/create', byAccountKey, body);
    await witness.call('POST', '/incidents/create', byAccountKey, body);
  }
  const [{ id }] = await control.trigger();
  await control.act(id, 'resolve');
  await witness.call('PUT', `/action1/incidents/${id}`, byAccountKey, { userId: 'PUSER02' });
}

async function sendKeysOfEachKind(witness: Witness): Promise<void> {
  const { accountKey, userKey, readOnlyKey, noLogEntriesKey, unknownKey, unknownBearer } = secret;
  for (const key of [accountKey, userKey, readOnlyKey, noLogEntriesKey, unknownKey, unknownBearer]) {
    for (const way of keyWays) {
      const headers = way(key);
      for (const token of ['', secret.wrongAccessToken, accountKey]) {
        await witness.call('GET', '/users/PUSER01', { ...headers, 'x-access-token': token });
      }
      for (const path of ['/test_connection', '/users/PUSER01', '/incidents', '/trigger2/incidents']) {
        await witness.call('GET', path, headers);
      }
      await witness.call('POST', '/incidents/PNOBODY/notes', headers, { userId: 'PUSER02', note: 'Looking' });
    }
  }
}

async function sendToBridge(witness: Witness): Promise<void> {
  const alert = { message: 'The disk is full', alias: 'disk', description: 'Since noon.', details: { free: '1%' } };
  const keys = [secret.genieKey, secret.unknownGenieKey, secret.opsgeniesOwnKey, secret.accountKey];
  for (const authorization of [...keys.map((key) => `GenieKey ${key}`), secret.genieKey, `Bearer ${secret.genieKey}`]) {
    const headers = { authorization };
    const created = await witness.call('POST', alerts, headers, alert);
    await witness.call('GET', `${alerts}/disk?identifierType=alias`, headers);
    await witness.call('GET', `${alerts}/requests/${propertiesOf(created.body).requestId}`, headers);
    await witness.call('POST', `${alerts}/disk/notes?identifierType=alias`, headers, { note: 'On it', user: 'Ada' });
    for (const action of ['acknowledge', 'close']) {
      await witness.call('POST', `${alerts}/disk/${action}?identifierType=alias`, headers, {});
    }
    await witness.call('POST', alerts, headers, { alias: secret.misplaced });
    await witness.call('POST', alerts, headers, `{"message": ${secret.misplaced}`);
    await witness.call('GET', `${alerts}/${encodeURIComponent(secret.misplaced)}?apiKey=${secret.misplaced}`, headers);
    await witness.call('PATCH', `${alerts}/${encodeURIComponent(secret.misplaced)}`, headers);
  }
}

/** What PagerDuty and the network do to a call, to an event, and to a poll. */
async function meetFaults(witness: Witness, control: ControlClient): Promise<void> {
  const { userKey, bodyRoutingKey, genieKey } = secret;
  const bodyWith = (key: string) => ({ error: { code: 2001, message: `No ${key}`, errors: [`Token token=${key}`] } });
  const event = { routing_key: bodyRoutingKey, summary: 'Full', source: 'db-1', severity: 'info' };
  const faults: object[] = [400, 401, 402, 403, 404, 408, 409, 413, 418, 429, 500, 503].map((status) => ({ status }));
  faults.push({ cut: 'before' }, { cut: 'after' }, { rateLimited: { resetSeconds: null } });
  for (const brokenBody of ['truncated', 'not-json', 'empty']) faults.push({ brokenBody });
  const bridge = { authorization: `GenieKey ${genieKey}` };
  const note = `${alerts}/disk/notes?identifierType=alias`;
  // All at once, as some are tried again after a while; each has a path of its own.
  await Promise.all(
    faults.map(async (fault, index) => {
      const path = `/users/PFAULT${index + 10}`;
      await control.fault({ path }, { body: bodyWith(userKey), ...fault }, { times: 3 });
      await witness.call('GET', path, keyWays[index % keyWays.length]?.(userKey));
    }),
  );
  for (const fault of faults) {
    await control.fault({ path: '/v2/change' }, { body: bodyWith(bodyRoutingKey), ...fault });
    await witness.call('POST', '/events/change', byAccountKey, event);
    // One that was not met must not be left for somebody else's key.
    await control.clearFaults();
    await control.fault({ path: '/v2/change' }, { body: bodyWith(genieKey), ...fault });
    await witness.call('POST', note, bridge, { note: 'On it' });
    await control.clearFaults();
  }
  await control.fault({ path: '/users' }, { delayMs: 300 });
  const leaving = request(`${witness.url}/users/PUSER05?api_key=${secret.misplaced}`, {
    headers: { ...byAccountKey, 'x-access-token': secret.accessToken },
  });
  leaving.on('error', () => undefined);
  leaving.end();
  await new Promise((resolve) => setTimeout(resolve, 100));
  leaving.destroy();
  await until(
    () => witness.log.entries('request').some(({ status }) => status === 499),
    'the line of a caller who left',
  );
}

/** Everything that needs no key. */
export async function readPages(witness: Witness): Promise<void> {
  for (const path of ['/', '/docs/', '/docs/json', '/apiDefinition.swagger.json', '/healthz', '/readyz', '/metrics']) {
    await witness.call('GET', path);
  }
}

/** Polls that no host waits for: some that succeed, and some that PagerDuty fails, the key in its answer. */
async function failInTheBackground(witness: Witness, control: ControlClient): Promise<void> {
  const { accountKey } = secret;
  const more = async (message: string) => {
    const before = witness.log.entries(message).length;
    await until(() => witness.log.entries(message).length > before, message);
  };
  await more('poll');
  const body = { error: { code: 2001, message: `No ${accountKey}`, errors: [`Token token=${accountKey}`] } };
  for (const fault of [{ status: 401, body }, { status: 400, body }, { brokenBody: 'not-json' }]) {
    const before = witness.log.entries('poll failed').length;
    // A host that registers meanwhile looks at the timeline too, and may meet the fault instead of the poll.
    for (let tries = 0; tries < 20 && witness.log.entries('poll failed').length === before; tries += 1) {
      await control.fault({ key: accountKey, path: '/log_entries' }, fault);
      await new Promise((resolve) => setTimeout(resolve, 2_500));
    }
  }
}
