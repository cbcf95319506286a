import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { renderHtml, renderJson, renderTerminal } from '../../src/index.js';
import { textWidth } from '../../src/render/text-width.js';
import { tagsOf, textOf, unbalanced } from './page-reading.js';
import { early, learned, namedReport } from './report-samples.js';

const CODES = { escape: 0x1b, bell: 0x07, null: 0, nextLine: 0x85, backspace: 0x08, override: 0x202e } as const;
const control = (name: keyof typeof CODES) => String.fromCharCode(CODES[name]);

const NAMES = [
  ['a script', '<script>alert(1)</script>'],
  ['an end of the title', '</title></style></svg><img src=x onerror=alert(1)>'],
  ['an attribute', '" onload="alert(1)" x="'],
  ['a quote and an entity', `'&lt;&#60;"`],
  ['colours', `${control('escape')}[31mred${control('escape')}[0m`],
  ['a window title', `${control('escape')}]0;owned${control('bell')}`],
  ['bells, backspaces and lines', `a${control('bell')}${control('backspace')}\n\r${control('nextLine')}b`],
  ['a turn of direction', `a${control('override')}b`],
  ['half a character', 'a\ud83d'],
  ['a formula', '=cmd()'],
  ['wide characters', '日本語の見出し👩‍👩‍👧'],
  ['one long word', 'x'.repeat(300)],
  ['a key of every object', '__proto__x'],
] as const;

const ALLOWED = new Set(tagsOf(renderHtml([learned, early])).map(({ name }) => name));
/** Anything that a terminal may obey or that turns what follows, newlines apart. */
const OBEYED = /[^\P{Cc}\n]|\p{Cf}|\p{Cs}/u;

describe.each(NAMES)('%s in every name', (_, name) => {
  const report = namedReport(name);

  test('does not reach a terminal as a command, and no line runs over', () => {
    for (const width of [80, 110]) {
      const text = renderTerminal(report, { color: false, width, next: `armature ${name}` });
      expect(text).not.toMatch(OBEYED);
      for (const line of text.split('\n')) expect(textWidth(line), line).toBeLessThanOrEqual(width);
    }
  });

  test('makes no element and no attribute on the page', () => {
    const page = renderHtml(report);
    expect(unbalanced(page)).toBeNull();
    for (const { name: tag, text } of tagsOf(page)) {
      expect(ALLOWED, text).toContain(tag);
      expect(text.replaceAll(/"[^"]*"/g, '""')).not.toMatch(/\son\w+=|\bsrc=|\bhref=/);
    }
    expect(page).not.toMatch(OBEYED);
  });

  test('stands in the JSON as it is', () => {
    expect(JSON.parse(renderJson(report))).toEqual({ kind: 'experiment', ...report });
  });
});

test('a name on the page reads as it was given', () => {
  const title = /<h1[^>]*>(.*?)<\/h1>/s.exec(renderHtml(namedReport('<b>&amp;"\'</b>')))?.[1];
  expect(textOf(title ?? '')).toBe('<b>&amp;"\'</b>');
});

test('columns stay aligned beside wide characters', () => {
  const lines = renderTerminal(namedReport('日本'), { color: false, width: 110 }).split('\n');
  const head = lines.findIndex((line) => line.startsWith(' arm '));
  const edge = (line: string, part: string) => textWidth(line.slice(0, line.indexOf(part) + part.length));
  const right = edge(lines[head]!, 'share');
  for (const line of lines.slice(head + 1, head + 5)) expect(edge(line, '%')).toBe(right);
});

test('colours of the report itself are there although names cannot bring any', () => {
  const code = control('escape');
  const text = renderTerminal(namedReport(`${code}[31mred`), { color: true, width: 100 });
  expect(text).toContain(`${code}[1m`);
  expect(text).not.toContain(`${code}[31mred`);
});

test('whatever the name: no command, no foreign tag, no line too wide', () => {
  const name = fc.oneof(fc.string({ unit: 'binary', maxLength: 12 }), fc.string({ maxLength: 40 }));
  fc.assert(
    fc.property(name, (given) => {
      const report = namedReport(`n${given}`);
      const text = renderTerminal(report, { color: false, width: 80 });
      expect(text).not.toMatch(OBEYED);
      for (const line of text.split('\n')) expect(textWidth(line), line).toBeLessThanOrEqual(80);
      const page = renderHtml(report);
      expect(unbalanced(page)).toBeNull();
      for (const { name: tag } of tagsOf(page)) expect(ALLOWED).toContain(tag);
    }),
    { numRuns: 25 },
  );
});
