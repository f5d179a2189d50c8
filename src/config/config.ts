import { SettingError, type Settings, settings } from './settings.js';

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
  return Object.freeze({
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
}

export { SettingError };
