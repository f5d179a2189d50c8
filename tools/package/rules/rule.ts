import type { DocumentView, Part } from '../document-view.js';

/** Something that flow designers, or the people who publish connectors, ask of a document. */
export interface Rule<T = DocumentView> {
  /** How a finding names it. */
  readonly name: string;
  /** What it asks for, as one sentence. */
  readonly expected: string;
  /** The places that break it. */
  readonly broken: (subject: T) => readonly string[];
}

/** The places of the parts that are wrong. */
export function placesOf<P extends Part>(parts: readonly P[], isWrong: (part: P) => boolean): readonly string[] {
  return parts.filter(isWrong).map(({ where }) => where);
}
