const idAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
const hexDigits = '0123456789abcdef';

/** Ids in PagerDuty's style from a seeded generator: the same seed and the same calls give the same ids. */
export class RandomIds {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** Between 0 and 1; mulberry32, https://github.com/cprosche/mulberry32. */
  number(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  /** `prefix` followed by upper-case letters and digits, `length` characters in all. */
  id(prefix: string, length: number): string {
    return prefix + this.#characters(idAlphabet, length - prefix.length);
  }

  /** 32 hexadecimal digits: a de-duplication key that PagerDuty makes up. */
  hex(): string {
    return this.#characters(hexDigits, 32);
  }

  #characters(alphabet: string, count: number): string {
    let text = '';
    for (let i = 0; i < count; i += 1) text += alphabet.charAt(Math.floor(this.number() * alphabet.length));
    return text;
  }
}
