/** What was recorded of the service at one moment. */
export interface Sample {
  /** Since the soak began. */
  readonly atSeconds: number;
  /** Which of the service's processes it was; a restart begins the next. */
  readonly life: number;
  readonly residentMib: number;
  /** What the last full collection left on the JavaScript heap. */
  readonly liveHeapMib: number;
  /** Sockets, timers, files and requests that are open. */
  readonly handles: number;
  readonly databaseMib: number;
  /** How many things have happened to incidents so far: each goes into the log of each connection. */
  readonly happened: number;
  /** 99th percentile since the sample before. */
  readonly loopDelayP99Ms: number;
}
