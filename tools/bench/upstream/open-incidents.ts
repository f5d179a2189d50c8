import { incidentBody } from '../incident-body.js';
import { lastChange, type UpstreamSettings } from './settings.js';

const createdAt = '2026-11-20T10:00:00Z';
const pageSize = 100;

/** The open incidents of connections that may not read the timeline; a change is an acknowledgement. */
export class OpenIncidents {
  readonly #texts = new Map<number, { readonly turn: number | undefined; readonly text: string }>();

  /** A page of them, the one with the highest number first. */
  page(open: number, url: string, settings: UpstreamSettings, nowMs: number): Buffer {
    const offset = Number(new URL(url, 'http://upstream').searchParams.get('offset') ?? 0);
    const count = Math.max(0, Math.min(pageSize, open - offset));
    const texts = Array.from({ length: count }, (_, index) => this.#text(open - offset - index, settings, nowMs));
    const more = offset + count < open;
    return Buffer.from(`{"incidents":[${texts.join()}],"limit":${pageSize},"offset":${offset},"more":${more}}`);
  }

  #text(number: number, settings: UpstreamSettings, nowMs: number): string {
    const change = lastChange(number, settings, nowMs);
    const known = this.#texts.get(number);
    if (known !== undefined && known.turn === change?.turn) return known.text;
    const changedAt = change === undefined ? createdAt : new Date(change.atMs).toISOString().replace(/\.\d+Z/, 'Z');
    const status = change === undefined ? 'triggered' : 'acknowledged';
    const text = JSON.stringify(incidentBody({ id: `POPEN${number}`, number, status, createdAt, changedAt }));
    this.#texts.set(number, { turn: change?.turn, text });
    return text;
  }
}
