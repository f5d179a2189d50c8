import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';

/** One environment variable: its name, its default as text, what it means, and how it is read. */
export interface Setting<T> {
  readonly variable: string;
  /** The default, as one would write it in the environment; empty if unset has a meaning of its own. */
  readonly fallback: string;
  readonly meaning: string;
  /** @throws {SettingError} */
  readonly parse: (text: string) => T;
}

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

type LogLevel = (typeof logLevels)[number];

/** A variable with a wrong value. The value itself is quoted only if it cannot be a secret. */
export class SettingError extends Error {
  constructor(variable: string, expected: string, got: string) {
    super(`${variable}: expected ${expected}, got ${got}. Correct the variable, or unset it to use the default.`);
    this.name = 'SettingError';
  }
}

export function textSetting(variable: string, fallback: string, meaning: string): Setting<string> {
  return { variable, fallback, meaning, parse: (text) => text };
}

export function wholeNumber(
  variable: string,
  fallback: string,
  meaning: string,
  min: number,
  max: number,
): Setting<number> {
  const parse = (text: string) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= min && value <= max)) {
      throw new SettingError(variable, `a whole number from ${min} to ${max}`, JSON.stringify(text));
    }
    return value;
  };
  return { variable, fallback, meaning, parse };
}

/** Settings that are written in a unit, and read as milliseconds. */
function durationsIn(unitMs: number) {
  return (variable: string, fallback: string, meaning: string, min: number, max: number): Setting<number> => {
    const { parse } = wholeNumber(variable, fallback, meaning, min, max);
    return { variable, fallback, meaning, parse: (text) => parse(text) * unitMs };
  };
}

export const seconds = durationsIn(1_000);

export const hours = durationsIn(3_600_000);

export function logLevelSetting(variable: string, fallback: string, meaning: string): Setting<LogLevel> {
  const parse = (text: string) => {
    const level = logLevels.find((one) => one === text.toLowerCase());
    if (level === undefined) throw new SettingError(variable, `one of ${logLevels.join(', ')}`, JSON.stringify(text));
    return level;
  };
  return { variable, fallback, meaning, parse };
}

export function onOrOff(variable: string, fallback: string, meaning: string): Setting<boolean> {
  const parse = (text: string) => {
    const value = text.toLowerCase();
    if (value !== 'on' && value !== 'off') throw new SettingError(variable, 'on or off', JSON.stringify(text));
    return value === 'on';
  };
  return { variable, fallback, meaning, parse };
}

export function gatewayNames(variable: string, fallback: string, meaning: string): Setting<readonly string[]> {
  const parse = (text: string) => {
    if (text === 'none') return [];
    const names = text.split(',').map((name) => name.trim().toLowerCase());
    const wrong = names.find((name) => !/^\.?[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(name));
    if (wrong === undefined) return names;
    throw new SettingError(variable, 'host names separated by commas, or none', JSON.stringify(wrong));
  };
  return { variable, fallback, meaning, parse };
}

/** Secrets, separated by commas. */
export function tokens(variable: string, meaning: string): Setting<readonly string[]> {
  const parse = (text: string) => (text === '' ? [] : readTokens(variable, text.split(',')));
  return { variable, fallback: '', meaning, parse };
}

/** A file of secrets, one a line. */
export function tokenFile(variable: string, meaning: string): Setting<readonly string[]> {
  const parse = (path: string) => {
    if (path === '') return [];
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch {
      throw new SettingError(variable, 'a file that can be read', 'another path');
    }
    const lines = text.split('\n').filter((line) => line.trim() !== '');
    // With none the service would be open to everybody.
    if (lines.length === 0) throw new SettingError(variable, 'a file with a token in each line', 'an empty one');
    return readTokens(variable, lines);
  };
  return { variable, fallback: '', meaning, parse };
}

/** Nothing of them is ever quoted. */
function readTokens(variable: string, texts: readonly string[]): readonly string[] {
  const read = texts.map((text) => text.trim());
  const form = 'tokens of 16 to 512 letters, digits and signs each';
  const wrong = read.findIndex((token) => !/^[\x21-\x7e]{16,512}$/.test(token));
  if (wrong >= 0) throw new SettingError(variable, form, `another text in place ${wrong + 1}`);
  return read;
}

export function addresses(variable: string, meaning: string): Setting<readonly string[]> {
  const parse = (text: string) => {
    const list = text === '' ? [] : text.split(',').map((one) => one.trim());
    const wrong = list.find((one) => !isNetwork(one));
    if (wrong === undefined) return list;
    const expected = 'addresses or networks such as 10.0.0.0/8, separated by commas';
    throw new SettingError(variable, expected, JSON.stringify(wrong));
  };
  return { variable, fallback: '', meaning, parse };
}

function isNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return (
    bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) >= 1 && Number(bits) <= (version === 4 ? 32 : 128))
  );
}

export function url(variable: string, fallback: string, meaning: string): Setting<URL> {
  return { variable, fallback, meaning, parse: (text) => parseUrl(variable, text, ['http:', 'https:']) };
}

export function optionalUrl(variable: string, meaning: string, protocols: readonly string[]): Setting<URL | undefined> {
  const parse = (text: string) => (text === '' ? undefined : parseUrl(variable, text, protocols));
  return { variable, fallback: '', meaning, parse };
}

/** The URL may hold a password, so nothing of it is ever quoted. */
export function redisUrl(variable: string, meaning: string): Setting<URL | undefined> {
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
