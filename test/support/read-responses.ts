/** One answer out of the bytes of a connection. */
export interface RawResponse {
  readonly status: number;
  /** The status line and the headers, in lower case. */
  readonly head: string;
  readonly body: string;
}

/**
 * Reads the answers that stand one behind the other in what came back. Interim answers are left out.
 * @throws {Error} if there is anything else
 */
export function readResponses(bytes: string): readonly RawResponse[] {
  const found: RawResponse[] = [];
  let rest = bytes;
  while (rest !== '') {
    const [whole = '', status = ''] = /^HTTP\/1\.1 (\d{3}) [^\r\n]*\r\n(?:[^\r\n]+\r\n)*\r\n/.exec(rest) ?? [];
    if (whole === '') throw new Error(`not an answer: ${JSON.stringify(rest.slice(0, 200))}`);
    rest = rest.slice(whole.length);
    if (status === '100') continue;
    const head = whole.toLowerCase();
    const isChunked = head.includes('\r\ntransfer-encoding: chunked\r\n');
    const length = Number(/\r\ncontent-length: (\d+)\r\n/.exec(head)?.[1] ?? 0);
    const [body, used] = isChunked ? readChunks(rest) : [rest.slice(0, length), length];
    if (used > rest.length) throw new Error(`an answer is cut off: ${JSON.stringify(whole)}`);
    found.push({ status: Number(status), head, body });
    rest = rest.slice(used);
  }
  return found;
}

function readChunks(bytes: string): readonly [body: string, used: number] {
  let body = '';
  let used = 0;
  for (;;) {
    const [line = '', digits = ''] = /^([\da-f]+)\r\n/i.exec(bytes.slice(used, used + 20)) ?? [];
    if (line === '') throw new Error('an answer has a bad chunk');
    const size = Number.parseInt(digits, 16);
    body += bytes.slice(used + line.length, used + line.length + size);
    used += line.length + size + 2;
    if (size === 0) return [body, used];
  }
}
