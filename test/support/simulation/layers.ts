/** A call that PagerDuty gets. */
export interface Asked {
  readonly method: string;
  /** Without its query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly key: string;
}

/** An answer before it is made a text. */
export interface Given {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** As JSON. */
  readonly body: unknown;
}

/**
 * One way in which PagerDuty, or what stands before it, can be different: it answers itself, or passes the call on and
 * changes what comes back.
 */
export type Layer = (asked: Asked, next: () => Promise<Given>) => Promise<Given>;

/** Asks the outermost layer, which is the first. */
export function throughLayers(layers: readonly Layer[], asked: Asked, inner: () => Promise<Given>): Promise<Given> {
  const [first, ...rest] = layers;
  return first === undefined ? inner() : first(asked, () => throughLayers(rest, asked, inner));
}

/** An error as PagerDuty answers one. */
export function errorAnswer(status: number, message = 'Refused', headers: Given['headers'] = {}): Given {
  return { status, headers, body: { error: { message, code: 2000, errors: [] } } };
}
