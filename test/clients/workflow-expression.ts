import { propertiesOf } from '../support/running-service.js';

/** What an expression of a saved workflow can ask for. */
export interface Scope {
  readonly triggerBody: unknown;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** The answers of the actions that have run, by the actions' names. */
  readonly bodies: ReadonlyMap<string, unknown>;
}

/**
 * A value of a saved workflow with its expressions evaluated, in objects and lists too: `@expression` stands for a
 * value of any type, `@{expression}` for a piece of text. It knows what the saved workflows of the tests use.
 * @throws {Error} for anything else, and if an accessor without a question mark finds nothing
 */
export function evaluate(value: unknown, scope: Scope): unknown {
  if (typeof value === 'string') return evaluateText(value, scope);
  if (Array.isArray(value)) return value.map((item) => evaluate(item, scope));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, evaluate(item, scope)]));
}

function evaluateText(text: string, scope: Scope): unknown {
  if (text.startsWith('@@')) return text.slice(1);
  if (text.startsWith('@') && !text.startsWith('@{')) return new Expression(text.slice(1), scope).value();
  return text.replace(/@\{((?:'[^']*'|[^'}])*)\}/g, (_, inner: string) => asText(new Expression(inner, scope).value()));
}

function asText(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** One expression, read from left to right and evaluated on the way. */
class Expression {
  readonly #text: string;
  readonly #scope: Scope;
  readonly #tokens: string[];

  constructor(text: string, scope: Scope) {
    this.#text = text;
    this.#scope = scope;
    this.#tokens = text.match(/'(?:[^']|'')*'|\w+|\?(?=\[)|\S/g) ?? [];
  }

  value(): unknown {
    const value = this.#operand();
    return this.#tokens.length === 0 ? value : this.#refuse();
  }

  #operand(): unknown {
    const token = this.#tokens.shift() ?? '';
    if (token.startsWith("'")) return token.slice(1, -1).replaceAll("''", "'");
    if (/^\d+$/.test(token)) return Number(token);
    if (!/^[a-z]\w*$/i.test(token) || this.#tokens.shift() !== '(') return this.#refuse();
    const inputs: unknown[] = [];
    while (this.#tokens[0] !== ')') {
      inputs.push(this.#operand());
      if (this.#tokens[0] === ',') this.#tokens.shift();
      else if (this.#tokens[0] !== ')') return this.#refuse();
    }
    this.#tokens.shift();
    return this.#access(this.#call(token, inputs));
  }

  #access(value: unknown): unknown {
    const isOptional = this.#tokens[0] === '?';
    if (isOptional) this.#tokens.shift();
    if (this.#tokens[0] !== '[') return isOptional ? this.#refuse() : value;
    this.#tokens.shift();
    const name = String(this.#operand());
    if (this.#tokens.shift() !== ']') return this.#refuse();
    const found = new Map(Object.entries(propertiesOf(value))).get(name);
    if (found === undefined && !isOptional) throw new Error(`@${this.#text}: there is no '${name}'`);
    return this.#access(found ?? null);
  }

  #call(name: string, inputs: readonly unknown[]): unknown {
    const [first] = inputs.map(asText);
    if (name === 'triggerBody' && first === undefined) return this.#scope.triggerBody;
    if (name === 'body' && first !== undefined && this.#scope.bodies.has(first)) return this.#scope.bodies.get(first);
    if (name === 'parameters' && first !== undefined && first in this.#scope.parameters) {
      return this.#scope.parameters[first];
    }
    if (name === 'encodeURIComponent' && first !== undefined) return encodeURIComponent(first);
    if (name === 'concat') return inputs.map(asText).join('');
    return this.#refuse();
  }

  #refuse(): never {
    throw new Error(`@${this.#text}: this flow host does not understand it, or what it names is not there`);
  }
}
