import Type from 'typebox';
import type { LogState } from '../engine/event-store.js';
import { rowReader } from './open-database.js';

const state = [Type.String(), Type.Number(), Type.String(), Type.String()] as const;
export const readLoaded = rowReader(Type.Union([Type.Null(), Type.Tuple([...state, Type.Array(Type.String())])]));
export const readCommitted = rowReader(Type.Union([Type.Null(), Type.Tuple([Type.Number(), Type.String()])]));
const loggedEvent = Type.Tuple([Type.Number(), Type.String(), Type.String()]);
export const readLocated = rowReader(Type.Union([Type.Null(), Type.Tuple([...state, Type.Number()])]));
export const readPage = rowReader(
  Type.Union([Type.Null(), Type.Tuple([...state, Type.Number(), Type.Array(loggedEvent)])]),
);
export const readLease = rowReader(
  Type.Tuple([Type.Number(), Type.Number(), Type.Union([Type.Null(), Type.String()])]),
);
export const readTrimmed = rowReader(Type.Number());

/** The state of a log: what the replies of `load`, `read` and `locate` begin with. */
export function stateOf([commitId, sequence, headCommitId, header]: readonly [
  string,
  number,
  string,
  string,
  ...unknown[],
]): LogState {
  return { commitId, head: { sequence, commitId: headCommitId }, header };
}

/** The pairs of a flat list: name, value, name, value. */
export function* pairs(flat: readonly string[]): Generator<[string, string]> {
  for (let index = 0; index + 1 < flat.length; index += 2) yield [flat[index] ?? '', flat[index + 1] ?? ''];
}
