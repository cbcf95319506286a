import stringWidth from 'string-width';

/** Terminal columns that a text takes: 2 for East Asian wide characters and emoji, 0 for combining marks. */
export function textWidth(text: string): number {
  return stringWidth(text);
}

/**
 * Fills with spaces to a width in terminal columns; longer text stays.
 *
 * @example
 * padText('日本', 6, 'right') // => '  日本'
 */
export function padText(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const space = ' '.repeat(Math.max(0, width - textWidth(text)));
  return align === 'left' ? text + space : space + text;
}

/**
 * Cuts to a width in terminal columns; what was cut off leaves an ellipsis.
 *
 * @example
 * cutText('headline', 5) // => 'head…'
 */
export function cutText(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  let cut = '';
  for (const { segment } of new Intl.Segmenter('en').segment(text)) {
    if (textWidth(cut + segment) > width - 1) break;
    cut += segment;
  }
  return `${cut}…`;
}

/**
 * Breaks at spaces into lines of at most so many terminal columns; a longer word is broken too.
 *
 * @example
 * wrapText('one two three', 8) // => ['one two', 'three']
 */
export function wrapText(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').flatMap((long) => pieces(long, width))) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (textWidth(longer) <= width) {
      line = longer;
      continue;
    }
    lines.push(line);
    line = word;
  }
  return [...lines, line];
}

function pieces(word: string, width: number): readonly string[] {
  if (textWidth(word) <= width) return [word];
  const parts = [''];
  for (const { segment } of new Intl.Segmenter('en').segment(word)) {
    const last = parts.at(-1)!;
    if (last !== '' && textWidth(last + segment) > width) parts.push(segment);
    else parts[parts.length - 1] = last + segment;
  }
  return parts;
}
