/** One event of a server-sent event stream. */
export interface SseEvent {
  readonly event: string;
  readonly data: string;
  readonly id: string;
}

export interface SseParser {
  /** Takes the next piece of text, cut anywhere. @throws RangeError when one event exceeds the cap */
  push(text: string): void;
}

/**
 * A parser of server-sent events (WHATWG HTML 9.2.6): lines end in LF, CR or CRLF, also when the pair is cut in two;
 * comments are skipped; an event without data is none.
 *
 * @param onEvent called for every complete event
 * @param onRetry called with the server's reconnection time in ms
 * @param maxLength most characters of one event, unfinished ones included
 */
export function sseParser(
  onEvent: (event: SseEvent) => void,
  onRetry: (ms: number) => void,
  maxLength: number,
): SseParser {
  let rest = '';
  let afterCr = false;
  let first = true;
  let event = '';
  let id = '';
  let data: string[] = [];
  let length = 0;

  const dispatch = (): void => {
    if (data.length > 0) onEvent({ event: event === '' ? 'message' : event, data: data.join('\n'), id });
    event = '';
    data = [];
    length = 0;
  };
  const line = (text: string): void => {
    if (text === '') return dispatch();
    const colon = text.indexOf(':');
    if (colon === 0) return;
    const field = colon < 0 ? text : text.slice(0, colon);
    const value = colon < 0 ? '' : text.slice(text[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (field === 'data') {
      data.push(value);
      length += value.length + 1;
    } else if (field === 'event') event = value;
    else if (field === 'id' && !value.includes('\0')) id = value;
    else if (field === 'retry' && /^\d{1,9}$/.test(value)) onRetry(Number(value));
  };

  return {
    push(text) {
      let piece = text;
      if (piece === '') return;
      if (first && piece.startsWith('\uFEFF')) piece = piece.slice(1);
      first = false;
      if (afterCr && piece.startsWith('\n')) piece = piece.slice(1);
      afterCr = piece === '' ? false : piece.endsWith('\r');
      const lines = piece.split(/\r\n|\n|\r/);
      // Only the new piece is searched, or a long line in many pieces would be read anew with each.
      lines[0] = rest + lines[0];
      rest = lines.pop() ?? '';
      for (const text of lines) line(text);
      if (length + rest.length > maxLength) throw new RangeError(`an event of more than ${maxLength} characters`);
    },
  };
}
