import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { SettingError } from '../../src/config/setting.js';
import { type Config, readConfig, settings } from '../../src/config/settings.js';

type Environment = Readonly<Record<string, string>>;

/** The configuration with its URLs as text, which compare by value. */
function plain(config: Config) {
  const { publicUrl, pagerDutyApiUrl, pagerDutyEventsUrl, ...rest } = config;
  return {
    ...rest,
    publicUrl: publicUrl?.href,
    pagerDutyApiUrl: pagerDutyApiUrl.href,
    pagerDutyEventsUrl: pagerDutyEventsUrl.href,
  };
}

function complaintAbout(environment: Environment): string {
  try {
    readConfig(environment);
  } catch (error) {
    if (error instanceof SettingError) return error.message;
    throw error;
  }
  return 'nothing to complain about';
}

const defaults = {
  host: '127.0.0.1',
  port: 3000,
  publicUrl: undefined,
  pagerDutyApiUrl: 'https://api.pagerduty.com/',
  pagerDutyEventsUrl: 'https://events.pagerduty.com/',
  dataDir: './data',
  redisUrl: undefined,
  rateLimitCalls: 30,
  rateLimitWindowMs: 60_000,
  rateLimitPolls: 300,
  triggerPollMs: 30_000,
  eventRetentionMs: 604_800_000,
  accessTokens: [],
  accessTokensOfFile: [],
  trustedProxies: [],
  gatewayHosts: ['.azure-apim.net', '.azure-apihub.net'],
  opsgenieBridge: false,
  logLevel: 'info',
} as const;

const advice = 'Correct the variable, or unset it to use the default.';
const aUrl = 'a URL that begins with http:// or https://';
const someAddresses = 'addresses or networks such as 10.0.0.0/8, separated by commas';
const aLevel = 'one of fatal, error, warn, info, debug, trace, silent';

t.test('an empty environment gives the defaults', async (t) => {
  t.strictSame(plain(readConfig({})), defaults);
});

t.test('an empty or blank value counts as unset', async (t) => {
  const names = Object.values(settings).map(({ variable }) => variable);
  for (const nothing of ['', ' ', '\t\n']) {
    t.strictSame(plain(readConfig(Object.fromEntries(names.map((name) => [name, nothing])))), defaults);
  }
});

t.test('every variable is read', async (t) => {
  const environment = {
    HOST: '0.0.0.0',
    PORT: '8080',
    PUBLIC_URL: 'https://hooks.example.com/pagerduty',
    PAGERDUTY_API_URL: 'https://api.eu.pagerduty.com',
    PAGERDUTY_EVENTS_URL: 'http://127.0.0.1:4000/events/',
    DATA_DIR: '/var/lib/connector',
    RATE_LIMIT_CALLS: '12',
    RATE_LIMIT_WINDOW_SECONDS: '5',
    RATE_LIMIT_POLLS: '600',
    TRIGGER_POLL_SECONDS: '90',
    EVENT_RETENTION_HOURS: '2',
    ACCESS_TOKENS: 'first-token-of-ours, second/token+of=ours',
    ACCESS_TOKENS_FILE: join(t.testdir({ tokens: 'third-token-of-ours\r\n\n fourth-token-of-ours' }), 'tokens'),
    TRUSTED_PROXIES: '127.0.0.1, 10.0.0.0/8,fd00::/8',
    GATEWAY_HOSTS: 'Gateway.example.com, .below.example',
    OPSGENIE_BRIDGE: 'on',
    LOG_LEVEL: 'debug',
    UNRELATED: 'left alone',
  };
  t.strictSame(plain(readConfig(environment)), {
    host: '0.0.0.0',
    port: 8080,
    publicUrl: 'https://hooks.example.com/pagerduty',
    pagerDutyApiUrl: 'https://api.eu.pagerduty.com/',
    pagerDutyEventsUrl: 'http://127.0.0.1:4000/events/',
    dataDir: '/var/lib/connector',
    redisUrl: undefined,
    rateLimitCalls: 12,
    rateLimitWindowMs: 5_000,
    rateLimitPolls: 600,
    triggerPollMs: 90_000,
    eventRetentionMs: 7_200_000,
    accessTokens: ['first-token-of-ours', 'second/token+of=ours'],
    accessTokensOfFile: ['third-token-of-ours', 'fourth-token-of-ours'],
    trustedProxies: ['127.0.0.1', '10.0.0.0/8', 'fd00::/8'],
    gatewayHosts: ['gateway.example.com', '.below.example'],
    opsgenieBridge: true,
    logLevel: 'debug',
  });
});

t.test('no gateway is trusted if it says so', async (t) => {
  t.strictSame(readConfig({ GATEWAY_HOSTS: 'none' }).gatewayHosts, []);
});

t.test('space around a value does not count, nor does the case of a log level', async (t) => {
  const config = readConfig({ HOST: ' ::1 ', PORT: '\t80\n', DATA_DIR: ' /data ', LOG_LEVEL: ' WARN ' });
  t.match(config, { host: '::1', port: 80, dataDir: '/data', logLevel: 'warn' });
  for (const level of ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']) {
    t.equal(readConfig({ LOG_LEVEL: level.toUpperCase() }).logLevel, level);
  }
});

t.test('the environment of the process is the one that is read unless another is given', async (t) => {
  const before = process.env.TRIGGER_POLL_SECONDS;
  t.teardown(() => {
    if (before === undefined) delete process.env.TRIGGER_POLL_SECONDS;
    else process.env.TRIGGER_POLL_SECONDS = before;
  });
  process.env.TRIGGER_POLL_SECONDS = '77';
  t.equal(readConfig().triggerPollMs, 77_000);
});

t.test('nobody can change a configuration once it is read', async (t) => {
  t.ok(Object.isFrozen(readConfig({})));
});

t.test('a wrong value is refused with one line: the variable, what was expected, what came', async (t) => {
  const wrong: ReadonlyArray<readonly [variable: string, value: string, expected: string, got: string]> = [
    ['PORT', 'http', 'a whole number from 0 to 65535', '"http"'],
    ['PORT', '65536', 'a whole number from 0 to 65535', '"65536"'],
    ['PORT', '-1', 'a whole number from 0 to 65535', '"-1"'],
    ['PORT', '80.5', 'a whole number from 0 to 65535', '"80.5"'],
    ['PORT', '0x50', 'a whole number from 0 to 65535', '"0x50"'],
    ['PORT', '1e3', 'a whole number from 0 to 65535', '"1e3"'],
    ['PORT', '80\n81', 'a whole number from 0 to 65535', '"80\\n81"'],
    ['RATE_LIMIT_CALLS', '0', 'a whole number from 1 to 10000', '"0"'],
    ['RATE_LIMIT_CALLS', '10001', 'a whole number from 1 to 10000', '"10001"'],
    ['RATE_LIMIT_WINDOW_SECONDS', '0', 'a whole number from 1 to 3600', '"0"'],
    ['RATE_LIMIT_WINDOW_SECONDS', '1m', 'a whole number from 1 to 3600', '"1m"'],
    ['TRIGGER_POLL_SECONDS', '3601', 'a whole number from 1 to 3600', '"3601"'],
    ['EVENT_RETENTION_HOURS', '8761', 'a whole number from 1 to 8760', '"8761"'],
    ['EVENT_RETENTION_HOURS', 'forever', 'a whole number from 1 to 8760', '"forever"'],
    ['LOG_LEVEL', 'verbose', aLevel, '"verbose"'],
    ['OPSGENIE_BRIDGE', 'true', 'on or off', '"true"'],
    ...['10.0.0.0/33', '10.0.0.0/0', '::/129', 'proxy.example', '10.0.0.0/8/8', '10.0.0/8', 'true'].map(
      (one) => ['TRUSTED_PROXIES', `::1,${one}`, someAddresses, JSON.stringify(one)] as const,
    ),
    ['GATEWAY_HOSTS', 'a.example,https://b.example', 'host names separated by commas, or none', '"https://b.example"'],
    ['PUBLIC_URL', 'hooks.example.com', aUrl, 'a text that is not a URL'],
    ['PUBLIC_URL', 'ftp://example.com', aUrl, 'a URL of another kind'],
    ['PAGERDUTY_API_URL', '/api', aUrl, 'a text that is not a URL'],
    ['PAGERDUTY_API_URL', 'file:///etc/passwd', aUrl, 'a URL of another kind'],
    ['PAGERDUTY_EVENTS_URL', 'https://', aUrl, 'a text that is not a URL'],
    ['PAGERDUTY_EVENTS_URL', 'ws://example.com', aUrl, 'a URL of another kind'],
    ['PAGERDUTY_API_URL', 'https://example.com/?region=eu', `${aUrl}, without "?" or "#"`, 'one with'],
    ['PUBLIC_URL', 'https://example.com/#top', `${aUrl}, without "?" or "#"`, 'one with'],
    ['REDIS_URL', 'http://:hunter2@cache:6379', 'a URL that begins with redis:// or rediss://', 'another text'],
    ['REDIS_URL', 'cache:6379', 'a URL that begins with redis:// or rediss://', 'another text'],
    ['REDIS_URL', 'redis://', 'a URL that begins with redis:// or rediss://', 'another text'],
  ];
  for (const [variable, value, expected, got] of wrong) {
    t.equal(complaintAbout({ [variable]: value }), `${variable}: expected ${expected}, got ${got}. ${advice}`);
  }
});

t.test('access tokens that are too short, or none, are refused without repeating one', async (t) => {
  const form = 'tokens of 16 to 512 letters, digits and signs each';
  for (const [wrong, place] of [
    ['fifteen-letters', 1],
    ['a-good-token-of-ours,', 2],
    ['a-good-token-of-ours,with a space in between', 2],
    ['a-good-token-of-ours,with-ümlauts-in-between', 2],
    ['x'.repeat(513), 1],
  ] as const) {
    const complaint = complaintAbout({ ACCESS_TOKENS: wrong });
    t.equal(complaint, `ACCESS_TOKENS: expected ${form}, got another text in place ${place}. ${advice}`);
  }
  const folder = t.testdir({ empty: '\n \n', short: 'a-good-token-of-ours\nshort' });
  for (const [name, expected, got] of [
    ['missing', 'a file that can be read', 'another path'],
    ['empty', 'a file with a token in each line', 'an empty one'],
    ['short', form, 'another text in place 2'],
  ] as const) {
    const complaint = complaintAbout({ ACCESS_TOKENS_FILE: join(folder, name) });
    t.equal(complaint, `ACCESS_TOKENS_FILE: expected ${expected}, got ${got}. ${advice}`);
  }
});

t.test('polls that would be too seldom for the retention are refused, naming both', async (t) => {
  const seldom = { TRIGGER_POLL_SECONDS: '1801', EVENT_RETENTION_HOURS: '1' };
  const expected = 'at most 1800, half of EVENT_RETENTION_HOURS (1)';
  t.equal(complaintAbout(seldom), `TRIGGER_POLL_SECONDS: expected ${expected}, got "1801". ${advice}`);
  t.match(readConfig({ ...seldom, TRIGGER_POLL_SECONDS: '1800' }), { triggerPollMs: 1_800_000 });
  t.match(readConfig({ ...seldom, EVENT_RETENTION_HOURS: '2' }), { triggerPollMs: 1_801_000 });
});

t.test('a URL with a user name or a password is refused without repeating either', async (t) => {
  for (const variable of ['PUBLIC_URL', 'PAGERDUTY_API_URL', 'PAGERDUTY_EVENTS_URL']) {
    for (const userinfo of ['alice', 'alice:hunter2', ':hunter2', 'alice:hun%20ter2']) {
      const complaint = complaintAbout({ [variable]: `https://${userinfo}@example.com/` });
      t.equal(complaint, `${variable}: expected ${aUrl}, without a user name or password, got one with. ${advice}`);
    }
    const query = complaintAbout({ [variable]: 'https://example.com/?token=hunter2' });
    t.match(query, variable);
    t.notMatch(query, /hunter2/);
  }
});

const wholeNumbers = [
  { variable: 'PORT', key: 'port', min: 0, max: 65_535, unit: 1 },
  { variable: 'RATE_LIMIT_CALLS', key: 'rateLimitCalls', min: 1, max: 10_000, unit: 1 },
  { variable: 'RATE_LIMIT_WINDOW_SECONDS', key: 'rateLimitWindowMs', min: 1, max: 3_600, unit: 1_000 },
  { variable: 'RATE_LIMIT_POLLS', key: 'rateLimitPolls', min: 1, max: 1_000_000, unit: 1 },
  { variable: 'TRIGGER_POLL_SECONDS', key: 'triggerPollMs', min: 1, max: 3_600, unit: 1_000 },
  { variable: 'EVENT_RETENTION_HOURS', key: 'eventRetentionMs', min: 1, max: 8_760, unit: 3_600_000 },
] as const;

t.test('whole numbers in their range are taken, all else is refused in one line', async () => {
  for (const { variable, key, min, max, unit } of wholeNumbers) {
    fc.assert(
      fc.property(fc.integer({ min, max }), (value) => readConfig({ [variable]: `${value}` })[key] === value * unit),
      { examples: [[min], [max]] },
    );
    const outside = fc.oneof(fc.integer({ max: min - 1 }), fc.integer({ min: max + 1 }), fc.bigInt({ min: 10n ** 9n }));
    const noNumber = fc.string({ unit: 'grapheme' }).filter((text) => text.trim() !== '' && !/^\d+$/.test(text.trim()));
    fc.assert(
      fc.property(fc.oneof(outside.map(String), noNumber), (value) => {
        const complaint = complaintAbout({ [variable]: value });
        const begin = `${variable}: expected a whole number from ${min} to ${max}, got "`;
        return complaint.startsWith(begin) && complaint.endsWith(`". ${advice}`) && !/[\n\r]/.test(complaint);
      }),
      { examples: [[`${min - 1}`], [`${max + 1}`], ['٣'], ['Infinity'], ['NaN'], ['+5'], ['5 000'], ['1_000']] },
    );
  }
});

t.test('every variable has one name, a sentence that explains it, and a default that it would take', async (t) => {
  const all = Object.values(settings);
  t.equal(new Set(all.map(({ variable }) => variable)).size, all.length);
  for (const { variable, meaning, fallback, parse } of all) {
    t.match(variable, /^[A-Z]+(_[A-Z]+)*$/);
    t.match(meaning, /^\S.*\.$/, variable);
    t.doesNotThrow(() => parse(fallback), variable);
  }
});
