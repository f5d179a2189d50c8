import { incidentBody, userBody } from '../incident-body.js';

const createdAt = '2026-11-20T10:00:00Z';
const noNotes = Buffer.from('{"notes":[]}');

/** Answers about one user, or one incident and its notes: each is made once. */
export class SingleAnswers {
  readonly #made = new Map<string, Buffer>();

  /** Undefined if there is no such thing. */
  answer(method: string, url: string): Buffer | undefined {
    const [, first, id = '', part] = (url.split('?', 1)[0] ?? '').split('/');
    if (id === '') return undefined;
    if (first === 'users') return this.#answer(`user ${id}`, () => ({ user: userBody(id) }));
    if (first !== 'incidents') return undefined;
    if (part === 'notes') return noNotes;
    const status = method === 'PUT' ? 'acknowledged' : 'triggered';
    const incident = { id, number: 4711, status, createdAt, changedAt: createdAt } as const;
    return this.#answer(`${status} ${id}`, () => ({ incident: incidentBody(incident) }));
  }

  #answer(name: string, make: () => object): Buffer {
    const body = this.#made.get(name) ?? Buffer.from(JSON.stringify(make()));
    this.#made.set(name, body);
    return body;
  }
}
