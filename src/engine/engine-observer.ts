import type { EventKind } from './events.js';

/** Is told what the engine does, for logs and metrics. Connections are named by fingerprint. */
export interface EngineObserver {
  /** A poll of PagerDuty ended. `failure` is there if it failed; the engine goes on with what it has. */
  polled(poll: {
    readonly connection: string;
    readonly durationMs: number;
    /** How long after it was due the poll began. */
    readonly lagMs: number;
    readonly kinds: readonly EventKind[];
    readonly failure?: unknown;
  }): void;
  /** A host brought a state that cannot be read, or that is too old, and starts again from now. */
  restarted(restart: { readonly connection: string; readonly reason: 'unreadable' | 'expired' }): void;
  /** A host brought a position in a log that is gone, and goes on from its time: so far back, in milliseconds. */
  recovered(recovery: { readonly connection: string; readonly readBackMs: number }): void;
}
