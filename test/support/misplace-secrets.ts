import { actionCases, requestOf } from './action-cases.js';
import { markedSecrets as secret } from './marked-secrets.js';
import type { Witness } from './witness.js';

const byAccountKey = { 'x-api-key': secret.accountKey };
const alerts = '/opsgenie/v2/alerts';

/** Sends secrets in places that are not for secrets, as people do by mistake, and as only an attacker does. */
export async function misplaceSecrets(witness: Witness): Promise<void> {
  const { accountKey, misplaced, unreadableKey, tooLongKey, basicPassword, flowSignature } = secret;
  const inPath = encodeURIComponent(misplaced);
  const callback = `https://prod.example/workflows/1/run?sig=${flowSignature}`;
  for (const authorization of [
    `Basic ${Buffer.from(`ops:${basicPassword}`).toString('base64')}`,
    unreadableKey,
    `Token ${unreadableKey}`,
    `Token token="${unreadableKey}" and more`,
    `Bearer ${unreadableKey} and more`,
    `Bearer ${Buffer.from(`${unreadableKey}ü`).toString('latin1')}`,
    `Token token=${tooLongKey}`,
    `GenieKey ${unreadableKey}`,
  ]) {
    for (const path of ['/users/PUSER01', '/trigger2/incidents', '/test_connection', alerts]) {
      await witness.call(path === alerts ? 'POST' : 'GET', path, { authorization }, path === alerts ? {} : undefined);
    }
  }
  await witness.call('GET', '/users', { 'x-api-key': tooLongKey });
  await witness.call('GET', '/users', { 'x-api-key': `${unreadableKey} and more` });
  for (const headers of [{}, byAccountKey]) {
    for (const path of [
      `/users/PUSER01?api_key=${misplaced}`,
      `/incidents?token=${misplaced}&x=${inPath}`,
      `/${inPath}`,
      `/users/${inPath}/`,
      `/users/${inPath}/%`,
      `/users/${misplaced}`,
      `/users/${'x'.repeat(5_000)}${inPath}`,
      `/action8/incidents?incident_key=${inPath}`,
      `/trigger2/incidents?triggerState=${inPath}`,
      ...['/metrics', '/readyz', '/healthz', '/', '/docs', '/docs/'].map((page) => `${page}?api_key=${misplaced}`),
      `/docs/static/${misplaced}.js`,
      `/apiDefinition.swagger.json?api_key=${misplaced}`,
    ]) {
      await witness.call('GET', path, headers);
    }
  }
  for (const method of ['DELETE', 'PATCH', 'HEAD']) await witness.call(method, `/users/${misplaced}?key=${misplaced}`);
  await witness.call('DELETE', `/users/${inPath}?key=${misplaced}`, byAccountKey);
  // PagerDuty names an id that it does not know; it must not name the key.
  for (const { operation } of actionCases) {
    const names = Object.keys(operation.input.properties);
    for (const value of [accountKey, { [misplaced]: misplaced }, [accountKey]]) {
      const inputs = Object.fromEntries(names.map((name) => [name, value]));
      const { method, path, body } = requestOf(operation, inputs);
      await witness.call(method, path, byAccountKey, body);
    }
  }
  const note = '/incidents/PNOBODY/notes';
  for (const body of [
    misplaced,
    `{"note": ${misplaced}`,
    `"${misplaced}"`,
    [misplaced],
    `{"__proto__": "${misplaced}"}`,
  ]) {
    await witness.call('POST', note, byAccountKey, body);
  }
  await witness.call('POST', note, byAccountKey, { note: `${misplaced}${'x'.repeat(600_000)}` });
  for (const type of ['text/plain', `application/${misplaced}`, misplaced, 'application/x-www-form-urlencoded']) {
    await witness.call('POST', note, { ...byAccountKey, 'content-type': type }, `note=${misplaced}`);
  }
  for (const headers of [
    { 'x-pagerduty-region': misplaced },
    { 'x-request-id': `Bearer ${misplaced}` },
    { 'x-request-id': `${misplaced}?` },
    { 'x-ms-workflow-id': callback, 'x-ms-workflow-run-id': `Bearer ${misplaced}`, 'x-ms-tracking-id': inPath },
    { 'x-ms-trigger-callback-url': callback, cookie: `session=${misplaced}`, referer: callback },
    { 'x-ms-apim-referrer': callback, 'x-ms-apim-referrer-prefix': `https://ops:${misplaced}@x.azure-apim.net/` },
    { 'x-ms-apim-referrer-prefix': `https://x.azure-apim.net/shared?sig=${flowSignature}` },
    { 'x-forwarded-host': misplaced, forwarded: `host="${misplaced}"`, 'user-agent': misplaced, from: misplaced },
    { expect: misplaced },
    { 'accept-encoding': misplaced, accept: misplaced, origin: callback, traceparent: misplaced },
  ]) {
    for (const path of ['/users/PUSER01', '/trigger2/incidents', '/nowhere']) {
      await witness.call('GET', path, { ...byAccountKey, ...headers });
    }
  }
  for (const bytes of [
    `${misplaced}\r\n\r\n`,
    `GET /users?api_key=${misplaced} HTTP/9.9\r\nx-api-key: ${misplaced}\r\n\r\n`,
    `GET /users HTTP/1.1\r\nx-api-key: ${misplaced}\r\nconnection: close\r\n\r\n`,
    `GET /users HTTP/1.1\r\nhost: ${misplaced}\r\nx-api-key: ${misplaced}\r\nconnection: close\r\n\r\n`,
    `GET /users HTTP/1.1\r\nhost: x\r\nx-api-key: ${misplaced}${'x'.repeat(100_000)}\r\n\r\n`,
    `POST ${note} HTTP/1.1\r\nhost: x\r\nx-api-key: ${misplaced}\r\ntransfer-encoding: chunked\r\n\r\n${misplaced}\r\n`,
  ]) {
    await witness.sendRaw(bytes);
  }
}
