import { sandboxCredentials } from '../../sandbox/account/seed-account.js';
import { ControlClient } from '../../sandbox/kit/control-client.js';
import type { RunningSandbox } from '../../sandbox/sandbox.js';

/** Secrets that nothing else looks like, by what they are. If they may have it, with a character that URLs encode. */
export const markedSecrets = {
  accountKey: 'u+Account.Key-q7ZxMkd81',
  userKey: 'u+PersonalKey-w3VbNhj52',
  readOnlyKey: 'u+ReadersOnly-t9KcPds64',
  noLogEntriesKey: 'u+NoTimelineK-r5LfQza38',
  unknownKey: 'u+NeverIssued-y2HgWxe97',
  unknownBearer: 'pdus+_0X3Y_bearer+8c1d2e3f-4a5b/6c7d8e9f',
  misplaced: 'Misplaced+Key/j4RnTuv13',
  unreadableKey: 'UnreadableKey-c8BmSop26',
  tooLongKey: `TooLongOfAKey-${'x7'.repeat(300)}-f6GwEir45`,
  basicPassword: 'BasicPassword-d1JkAly79',
  headerRoutingKey: 'HeaderRoutingKey_a1b2c3d4e5f6g7h',
  bodyRoutingKey: 'BodysRoutingKey+i9j0k1l2m3n4o5p6',
  serviceKey: 'ServiceKeyOfV1__q7r8s9t0u1v2w3x4',
  unknownRoutingKey: 'UnknownRoutingK_y5z6A7B8C9D0E1F2',
  genieKey: 'GenieKeyOfSender-G3H4I5J6K7L8M9N',
  unknownGenieKey: 'UnknownGenieKey+O0P1Q2R3S4T5U6V7',
  opsgeniesOwnKey: '8743a1b2-11da-480e-8493-744660987bef',
  accessToken: 'AccessTokenOfOurs-b5NqVew28',
  wrongAccessToken: 'WrongAccessToken+p3ZrXct69',
  redisPassword: 'RedisPassword-h9LmBux40+/',
  flowSignature: 'SignatureOfTheFlow-W8X9Y0Z1a2b3c4',
} as const;

/** The ways in which a key can be sent. */
export const keyWays: readonly ((key: string) => Record<string, string>)[] = [
  (key) => ({ 'x-api-key': key }),
  (key) => ({ authorization: `Token token=${key}` }),
  (key) => ({ authorization: `Token token="${key}"` }),
  (key) => ({ authorization: `Bearer ${key}` }),
];

/** What a test must never find: the marked secrets, and the sandbox's own. */
export const allSecrets: Readonly<Record<string, string>> = {
  ...markedSecrets,
  sandboxAccountKey: sandboxCredentials.accountKey,
  ...namedBy('sandboxEventsV1', sandboxCredentials.eventsV1Keys),
  ...namedBy('sandboxEventsV2', sandboxCredentials.eventsV2Keys),
};

/** Makes those of the marked secrets that are to be good known to a sandbox. */
export async function issueMarkedSecrets(sandbox: RunningSandbox): Promise<void> {
  const control = new ControlClient(sandbox.url);
  for (const [kind, key] of [
    ['account', markedSecrets.accountKey],
    ['user', markedSecrets.userKey],
    ['read-only', markedSecrets.readOnlyKey],
    ['no-log-entries', markedSecrets.noLogEntriesKey],
  ] as const) {
    await control.post('/keys', { kind, key });
  }
  for (const [apiVersion, key] of [
    [2, markedSecrets.headerRoutingKey],
    [2, markedSecrets.bodyRoutingKey],
    [2, markedSecrets.genieKey],
    [1, markedSecrets.serviceKey],
  ] as const) {
    const id = `PMARK${sandbox.account.directory.integrations.length}`;
    sandbox.account.directory.integrations.push({ id, name: 'Marked', serviceId: 'PSVCWEB', apiVersion, key });
  }
}

function namedBy(prefix: string, keys: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(keys).map(([service, key]) => [`${prefix}${service}`, key]));
}
