/** Where a secret was found, and in which form. */
export interface Finding {
  readonly secret: string;
  readonly form: string;
  readonly where: string;
}

interface Needle extends Omit<Finding, 'where'> {
  readonly text: string;
}

/** So many characters of a secret's beginning or end are worth looking for. */
const partLength = 12;

/** Looks for secrets in whatever a service leaves behind, however they are written there. */
export class SecretSearch {
  readonly #needles: readonly Needle[];

  /** @param secrets each by the name under which it is to be reported */
  constructor(secrets: Readonly<Record<string, string>>) {
    this.#needles = Object.entries(secrets).flatMap(([secret, text]) => [...needlesOf(secret, text)]);
  }

  /** Every secret in a text, or in bytes, each once. */
  find(where: string, content: string | Buffer): Finding[] {
    // One character a byte: what is looked for is all ASCII.
    const text = (typeof content === 'string' ? Buffer.from(content) : content).toString('latin1').toLowerCase();
    const found = new Map<string, Finding>();
    for (const { text: wanted, secret, form } of this.#needles) {
      if (!found.has(secret) && text.includes(wanted)) found.set(secret, { secret, form, where });
    }
    return [...found.values()];
  }
}

function needlesOf(secret: string, text: string): Iterable<Needle> {
  const needles = new Map<string, Needle>();
  const parts = { whole: text, beginning: text.slice(0, partLength), end: text.slice(-partLength) };
  for (const [part, value] of Object.entries(parts)) {
    if (part !== 'whole' && !isTelling(value)) continue;
    for (const [form, written] of formsOf(value)) {
      const wanted = written.toLowerCase();
      if (!needles.has(wanted)) needles.set(wanted, { secret, form: `${part}, ${form}`, text: wanted });
    }
  }
  return needles.values();
}

/** A part such as 000000000001 is anywhere. */
function isTelling(part: string): boolean {
  return new Set(part).size >= 6;
}

function formsOf(text: string): (readonly [form: string, written: string])[] {
  const bytes = Buffer.from(text);
  return [
    ['plain', text],
    ['hex', bytes.toString('hex')],
    ['URL-encoded', encodeURIComponent(text)],
    ['JSON', JSON.stringify(text).slice(1, -1)],
    ...[0, 1, 2].flatMap((offset) => [
      ['base64', base64Within(bytes, offset, 'base64')] as const,
      ['base64url', base64Within(bytes, offset, 'base64url')] as const,
    ]),
  ];
}

/** What base64 makes of bytes wherever they begin within a longer text: without the characters that its rest decides. */
function base64Within(bytes: Buffer, offset: number, encoding: 'base64' | 'base64url'): string {
  const length = offset + bytes.length;
  const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString(encoding);
  return encoded.slice(Math.ceil((offset * 8) / 6), Math.floor((length * 8) / 6));
}
