import {
  addresses,
  gatewayNames,
  hours,
  logLevelSetting,
  logLevels,
  onOrOff,
  optionalUrl,
  redisUrl,
  type Setting,
  SettingError,
  seconds,
  textSetting,
  tokenFile,
  tokens,
  url,
  wholeNumber,
} from './setting.js';

/** Every variable the service reads, in the order of the table in docs/reference.md. */
export const settings = {
  host: textSetting('HOST', '127.0.0.1', 'Address to listen on; `0.0.0.0` for every interface.'),
  port: wholeNumber('PORT', '3000', 'Port to listen on; `0` takes a free one.', 0, 65_535),
  publicUrl: optionalUrl(
    'PUBLIC_URL',
    'The URL under which hosts reach the service, with its path if a reverse proxy adds one. Unset: the address listened on.',
    ['http:', 'https:'],
  ),
  pagerDutyApiUrl: url(
    'PAGERDUTY_API_URL',
    'https://api.pagerduty.com',
    'PagerDuty’s REST API; `https://api.eu.pagerduty.com` for accounts in the EU region.',
  ),
  pagerDutyEventsUrl: url(
    'PAGERDUTY_EVENTS_URL',
    'https://events.pagerduty.com',
    'PagerDuty’s Events API; `https://events.eu.pagerduty.com` for accounts in the EU region.',
  ),
  dataDir: textSetting('DATA_DIR', './data', 'Folder of the embedded event store. It is created if missing.'),
  redisUrl: redisUrl(
    'REDIS_URL',
    'Redis that several replicas share, such as `redis://:password@redis.internal:6379/0`, or `rediss://` over TLS. Unset: the embedded store, for one replica.',
  ),
  rateLimitCalls: wholeNumber('RATE_LIMIT_CALLS', '30', 'Calls a connection may make in any window.', 1, 10_000),
  rateLimitWindowMs: seconds('RATE_LIMIT_WINDOW_SECONDS', '60', 'Length of that window, in seconds.', 1, 3_600),
  rateLimitPolls: wholeNumber(
    'RATE_LIMIT_POLLS',
    '300',
    'Polls of triggers a connection may make at once; as many more grow back in a minute.',
    1,
    1_000_000,
  ),
  triggerPollMs: seconds(
    'TRIGGER_POLL_SECONDS',
    '30',
    'PagerDuty is polled at most once in this many seconds for each connection. At most half of `EVENT_RETENTION_HOURS`.',
    1,
    3_600,
  ),
  eventRetentionMs: hours('EVENT_RETENTION_HOURS', '168', 'How long events stay readable, in hours.', 1, 8_760),
  accessTokens: tokens(
    'ACCESS_TOKENS',
    'Makes the service private: every call, poll and alert has to bring one of these in `X-Access-Token`. Several are separated by commas, so that one can follow another; each has 16 characters or more. Unset: whoever reaches the service can use it with a PagerDuty key.',
  ),
  accessTokensOfFile: tokenFile(
    'ACCESS_TOKENS_FILE',
    'A file with more of them, one a line, for secrets that are not to be in the environment. It is read at start.',
  ),
  trustedProxies: addresses(
    'TRUSTED_PROXIES',
    'Reverse proxies whose `X-Forwarded-For` says where a caller comes from: addresses and networks, such as `127.0.0.1,10.0.0.0/8`. Unset: a caller comes from where its socket does.',
  ),
  gatewayHosts: gatewayNames(
    'GATEWAY_HOSTS',
    '.azure-apim.net,.azure-apihub.net',
    'Gateways of flow designers through which the next poll of a trigger may go back; a leading dot stands for all names below. `none`: always `PUBLIC_URL`.',
  ),
  opsgenieBridge: onOrOff(
    'OPSGENIE_BRIDGE',
    'off',
    '`on` takes Opsgenie’s Alert API at `/opsgenie/v2/alerts`, for senders that know nothing else.',
  ),
  logLevel: logLevelSetting('LOG_LEVEL', 'info', `Least level that is logged: ${logLevels.join(', ')}.`),
} as const satisfies Record<string, Setting<unknown>>;

/** What the settings are once read. */
type Settings = { [K in keyof typeof settings]: ReturnType<(typeof settings)[K]['parse']> };

/** The service's configuration: every value checked, nothing changes afterwards. */
export type Config = Readonly<Settings>;

/**
 * Reads the configuration from an environment; nothing else in the service reads it. An empty value counts as unset.
 * @throws {SettingError} whose message is one line: the variable, what was expected and what came.
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>> = process.env): Config {
  const read = <K extends keyof typeof settings>(key: K): string => {
    const { variable, fallback } = settings[key];
    const value = environment[variable];
    return value === undefined || value.trim() === '' ? fallback : value.trim();
  };
  const config = Object.freeze({
    host: settings.host.parse(read('host')),
    port: settings.port.parse(read('port')),
    publicUrl: settings.publicUrl.parse(read('publicUrl')),
    pagerDutyApiUrl: settings.pagerDutyApiUrl.parse(read('pagerDutyApiUrl')),
    pagerDutyEventsUrl: settings.pagerDutyEventsUrl.parse(read('pagerDutyEventsUrl')),
    dataDir: settings.dataDir.parse(read('dataDir')),
    redisUrl: settings.redisUrl.parse(read('redisUrl')),
    rateLimitCalls: settings.rateLimitCalls.parse(read('rateLimitCalls')),
    rateLimitWindowMs: settings.rateLimitWindowMs.parse(read('rateLimitWindowMs')),
    rateLimitPolls: settings.rateLimitPolls.parse(read('rateLimitPolls')),
    triggerPollMs: settings.triggerPollMs.parse(read('triggerPollMs')),
    eventRetentionMs: settings.eventRetentionMs.parse(read('eventRetentionMs')),
    accessTokens: settings.accessTokens.parse(read('accessTokens')),
    accessTokensOfFile: settings.accessTokensOfFile.parse(read('accessTokensOfFile')),
    trustedProxies: settings.trustedProxies.parse(read('trustedProxies')),
    gatewayHosts: settings.gatewayHosts.parse(read('gatewayHosts')),
    opsgenieBridge: settings.opsgenieBridge.parse(read('opsgenieBridge')),
    logLevel: settings.logLevel.parse(read('logLevel')),
  });
  refuseSeldomPolls(config, read('eventRetentionMs'), read('triggerPollMs'));
  return config;
}

/**
 * Nothing older than the retention is read from PagerDuty. If polls are as seldom as that, what happens right after one
 * is too old for the next; half leaves room for one that fails.
 */
function refuseSeldomPolls(config: Config, hours: string, seconds: string): void {
  const maxPollMs = config.eventRetentionMs / 2;
  if (config.triggerPollMs <= maxPollMs) return;
  const { variable } = settings.triggerPollMs;
  const expected = `at most ${maxPollMs / 1000}, half of ${settings.eventRetentionMs.variable} (${hours})`;
  throw new SettingError(variable, expected, JSON.stringify(seconds));
}
