import { createHash } from 'node:crypto';
import { propertiesOf } from './running-service.js';
import { answer, type Received, startUpstream, type Upstream } from './upstream.js';

/** The mark that everything of the account of an `Authorization` header has in it. No mark is a part of another. */
export function markOf(authorization: string): string {
  return `m${createHash('sha256').update(authorization).digest('hex').slice(0, 12)}m`;
}

/** All marks in a text, each once. */
export function marksIn(text: string): readonly string[] {
  return [...new Set(text.match(/m[\da-f]{12}m/g))];
}

/** PagerDuty with an account for each key: whatever is asked, the answer has the account's mark in it. */
export interface MarkingUpstream extends Upstream {
  /** Requests in which one account's mark came with another one's key. */
  readonly crossed: readonly string[];
}

/** Starts it. Each time that an account's timeline is read, one incident more has happened in it. */
export async function startMarkingUpstream(t: { teardown(close: () => unknown): void }): Promise<MarkingUpstream> {
  const crossed: string[] = [];
  const timelines = new Map<string, object[]>();
  const upstream = await startUpstream(t, (response, request) => {
    const mark = markOf(request.headers.authorization ?? '');
    const brought = marksIn(JSON.stringify([request.url, request.headers.from, request.body]));
    const isEvent = request.url.startsWith('/v2/');
    if (!isEvent && brought.some((one) => one !== mark)) crossed.push(`${request.method} ${request.url}: ${brought}`);
    const timeline = timelines.get(mark) ?? [];
    timelines.set(mark, timeline);
    const body = isEvent
      ? { status: 'success', message: 'ok', dedup_key: 'd' }
      : accountAnswer(request, mark, timeline);
    // Answers overtake each other.
    setTimeout(() => answer(response, { status: isEvent ? 202 : 200, body }), Math.random() * 5);
  });
  return Object.assign(upstream, { crossed });
}

function accountAnswer({ method, url }: Received, mark: string, timeline: object[]): object {
  const [, collection = '', id] = url.replace(/\?.*/, '').split('/');
  const named = { id: `P${mark}`, name: mark, summary: mark };
  if (collection === 'users' && id !== undefined) return { user: { ...named, id, email: `${mark}@example.com` } };
  if (collection === 'users') return { users: [{ ...named, email: `${mark}@example.com` }], more: false };
  if (collection === 'incidents' && method === 'GET' && id === undefined)
    return { incidents: [incident(`Q${mark}`, mark)], more: false };
  if (collection === 'incidents') return { incident: incident(`Q${mark}`, mark) };
  if (collection !== 'log_entries') return { [collection]: [named], more: false };
  const entry = incident(`Q${mark}${timeline.length}`, mark);
  timeline.unshift({
    id: `L${mark}${timeline.length}`,
    type: 'trigger_log_entry',
    created_at: propertiesOf(entry).created_at,
    incident: entry,
  });
  return { log_entries: timeline.slice(0, 100), more: false };
}

function incident(id: string, mark: string): object {
  return {
    ...{ id, type: 'incident', status: 'triggered', created_at: new Date().toISOString().replace(/\.\d+/, '') },
    ...{
      incident_number: 1,
      title: mark,
      summary: `[#1] ${mark}`,
      incident_key: mark,
      assignments: [],
      acknowledgements: [],
    },
  };
}
