/** One environment variable: its name, its default as text, what it means, and how it is read. */
export interface Setting<T> {
  readonly variable: string;
  /** The default, as one would write it in the environment; empty if unset has a meaning of its own. */
  readonly fallback: string;
  readonly meaning: string;
  /** @throws {SettingError} */
  readonly parse: (text: string) => T;
}

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

export type LogLevel = (typeof logLevels)[number];

/** A variable with a wrong value. The value itself is quoted only if it cannot be a secret. */
export class SettingError extends Error {
  constructor(variable: string, expected: string, got: string) {
    super(`${variable}: expected ${expected}, got ${got}. Correct the variable, or unset it to use the default.`);
    this.name = 'SettingError';
  }
}

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
  triggerPollMs: seconds(
    'TRIGGER_POLL_SECONDS',
    '30',
    'PagerDuty is polled at most once in this many seconds for each connection. At most half of `EVENT_RETENTION_HOURS`.',
    1,
    3_600,
  ),
  eventRetentionMs: hours('EVENT_RETENTION_HOURS', '168', 'How long events stay readable, in hours.', 1, 8_760),
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
    triggerPollMs: settings.triggerPollMs.parse(read('triggerPollMs')),
    eventRetentionMs: settings.eventRetentionMs.parse(read('eventRetentionMs')),
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

function textSetting(variable: string, fallback: string, meaning: string): Setting<string> {
  return { variable, fallback, meaning, parse: (text) => text };
}

function wholeNumber(variable: string, fallback: string, meaning: string, min: number, max: number): Setting<number> {
  const parse = (text: string) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= min && value <= max)) {
      throw new SettingError(variable, `a whole number from ${min} to ${max}`, JSON.stringify(text));
    }
    return value;
  };
  return { variable, fallback, meaning, parse };
}

function seconds(variable: string, fallback: string, meaning: string, min: number, max: number): Setting<number> {
  const { parse } = wholeNumber(variable, fallback, meaning, min, max);
  return { variable, fallback, meaning, parse: (text) => parse(text) * 1000 };
}

function hours(variable: string, fallback: string, meaning: string, min: number, max: number): Setting<number> {
  const { parse } = wholeNumber(variable, fallback, meaning, min, max);
  return { variable, fallback, meaning, parse: (text) => parse(text) * 3_600_000 };
}

function logLevelSetting(variable: string, fallback: string, meaning: string): Setting<LogLevel> {
  const parse = (text: string) => {
    const level = logLevels.find((one) => one === text.toLowerCase());
    if (level === undefined) throw new SettingError(variable, `one of ${logLevels.join(', ')}`, JSON.stringify(text));
    return level;
  };
  return { variable, fallback, meaning, parse };
}

function onOrOff(variable: string, fallback: string, meaning: string): Setting<boolean> {
  const parse = (text: string) => {
    const value = text.toLowerCase();
    if (value !== 'on' && value !== 'off') throw new SettingError(variable, 'on or off', JSON.stringify(text));
    return value === 'on';
  };
  return { variable, fallback, meaning, parse };
}

function gatewayNames(variable: string, fallback: string, meaning: string): Setting<readonly string[]> {
  const parse = (text: string) => {
    if (text === 'none') return [];
    const names = text.split(',').map((name) => name.trim().toLowerCase());
    const wrong = names.find((name) => !/^\.?[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(name));
    if (wrong === undefined) return names;
    throw new SettingError(variable, 'host names separated by commas, or none', JSON.stringify(wrong));
  };
  return { variable, fallback, meaning, parse };
}

function url(variable: string, fallback: string, meaning: string): Setting<URL> {
  return { variable, fallback, meaning, parse: (text) => parseUrl(variable, text, ['http:', 'https:']) };
}

function optionalUrl(variable: string, meaning: string, protocols: readonly string[]): Setting<URL | undefined> {
  const parse = (text: string) => (text === '' ? undefined : parseUrl(variable, text, protocols));
  return { variable, fallback: '', meaning, parse };
}

/** The URL may hold a password, so nothing of it is ever quoted. */
function redisUrl(variable: string, meaning: string): Setting<URL | undefined> {
  const parse = (text: string) => {
    if (text === '') return undefined;
    const parsed = URL.canParse(text) ? new URL(text) : undefined;
    if (parsed !== undefined && /^rediss?:$/.test(parsed.protocol) && parsed.hostname !== '') return parsed;
    throw new SettingError(variable, 'a URL that begins with redis:// or rediss://', 'another text');
  };
  return { variable, fallback: '', meaning, parse };
}

function parseUrl(variable: string, text: string, protocols: readonly string[]): URL {
  const expected = `a URL that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`;
  if (!URL.canParse(text)) throw new SettingError(variable, expected, 'a text that is not a URL');
  const parsed = new URL(text);
  if (!protocols.includes(parsed.protocol)) {
    throw new SettingError(variable, expected, 'a URL of another kind');
  }
  if (parsed.username !== '' || parsed.password !== '') {
    throw new SettingError(variable, `${expected}, without a user name or password`, 'one with');
  }
  if (/[?#]/.test(text)) {
    throw new SettingError(variable, `${expected}, without "?" or "#"`, 'one with');
  }
  return parsed;
}
